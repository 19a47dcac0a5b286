import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import type { Notary, PublicJwk } from "../../core/ports/notary.ts";
import { publicJwk } from "../ed25519/public-jwk.ts";
import { answered } from "./aws-fault.ts";

/** Signs with a key that never leaves KMS. Whoever only checks needs no right to sign. */
export function kmsNotary({ client, keyId }: { client: KMSClient; keyId: string }): Notary {
  let known: Promise<PublicJwk> | undefined;

  /** A key has one public key for ever, so it is asked for once; a failure is not remembered. */
  function key(): Promise<PublicJwk> {
    known ??= ask().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  }

  async function ask(): Promise<PublicJwk> {
    const command = new GetPublicKeyCommand({ KeyId: keyId });
    const { PublicKey } = await answered("tell a public key", () => client.send(command));
    if (!PublicKey) throw new Error("KMS told no public key");
    return publicJwk(createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" }));
  }

  return {
    async sign(text) {
      const command = new SignCommand({
        KeyId: keyId,
        Message: Buffer.from(text),
        // Ed25519 hashes by itself, so the message goes as it is.
        MessageType: "RAW",
        SigningAlgorithm: "ED25519_SHA_512",
      });
      const { kid } = await key();
      const { Signature } = await answered("sign a head", () => client.send(command));
      if (!Signature) throw new Error("KMS made no signature");
      return { keyId: kid, value: Buffer.from(Signature).toString("base64url") };
    },

    keys: async () => [await key()],
  };
}
