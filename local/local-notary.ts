import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { publicJwk } from "../adapters/ed25519/public-jwk.ts";
import type { Notary } from "../core/ports/notary.ts";

/** What makes 32 bytes a private key of Ed25519 in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Signs with a key of the data folder, which a deployment would leave to KMS. */
export function localNotary(seed: Uint8Array): Notary {
  const pkcs8 = Buffer.concat([PKCS8, seed]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const jwk = publicJwk(createPublicKey(key));
  return {
    sign: async (text) => ({
      keyId: jwk.kid,
      value: sign(null, Buffer.from(text), key).toString("base64url"),
    }),
    keys: async () => [jwk],
  };
}
