import { createHmac, timingSafeEqual } from "node:crypto";
import type { Signer } from "../core/ports/signer.ts";

/** Keyed hashes with a key of the data folder, which a deployment would leave to KMS. */
export function localSigner(key: Uint8Array): Signer {
  const macOf = (text: string) => createHmac("sha256", key).update(text).digest("base64url");
  return {
    mac: async (text) => macOf(text),

    // Compared as text, since more than one text decodes to the same bytes.
    async verify(text, mac) {
      const expected = Buffer.from(macOf(text));
      const given = Buffer.from(mac);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
