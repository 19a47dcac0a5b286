import { GenerateMacCommand, KMSClient, VerifyMacCommand } from "@aws-sdk/client-kms";
import type { Signer } from "../../core/ports/signer.ts";
import { answered, asked } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

export function kmsClient(placement: Placement = {}): KMSClient {
  return new KMSClient({ ...CLIENT_SETTINGS, ...placement });
}

const MAC_BYTES = 32;

/** Keyed hashes by a key that never leaves KMS. */
export function kmsSigner({ client, keyId }: { client: KMSClient; keyId: string }): Signer {
  const key = { KeyId: keyId, MacAlgorithm: "HMAC_SHA_256" } as const;
  return {
    async mac(text) {
      const generate = new GenerateMacCommand({ ...key, Message: Buffer.from(text) });
      const { Mac } = await answered("make a link", () => client.send(generate));
      if (!Mac) throw new Error("KMS made no mac");
      return Buffer.from(Mac).toString("base64url");
    },

    async verify(text, mac) {
      const bytes = Buffer.from(mac, "base64url");
      // More than one text decodes to the same bytes, and only one of them is the mac.
      if (bytes.length !== MAC_BYTES || bytes.toString("base64url") !== mac) return false;
      const verify = new VerifyMacCommand({ ...key, Message: Buffer.from(text), Mac: bytes });
      const answer = await asked("check a link", () => client.send(verify), [WRONG]);
      return answer?.MacValid === true;
    },
  };
}

const WRONG = "KMSInvalidMacException";
