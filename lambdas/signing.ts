import type { Notary } from "../core/ports/notary.ts";
import type { Signer } from "../core/ports/signer.ts";

/** KMS, whose client is loaded when the first link or ledger is made or checked: most are not. */
export function signingOf({ LINK_KEY, LEDGER_KEY }: { LINK_KEY: string; LEDGER_KEY: string }) {
  const signer = later(() => linksOf(LINK_KEY));
  const notary = later(() => headsOf(LEDGER_KEY));
  return {
    signer: {
      mac: async (text) => (await signer()).mac(text),
      verify: async (text, mac) => (await signer()).verify(text, mac),
    } satisfies Signer,
    notary: {
      sign: async (text) => (await notary()).sign(text),
      keys: async () => (await notary()).keys(),
    } satisfies Notary,
  };
}

async function linksOf(keyId: string): Promise<Signer> {
  const { kmsClient, kmsSigner } = await import("../adapters/aws/kms-signer.ts");
  return kmsSigner({ client: kmsClient(), keyId });
}

async function headsOf(keyId: string): Promise<Notary> {
  const [{ kmsClient }, { kmsNotary }] = await Promise.all([
    import("../adapters/aws/kms-signer.ts"),
    import("../adapters/aws/kms-notary.ts"),
  ]);
  return kmsNotary({ client: kmsClient(), keyId });
}

function later<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => (made ??= make());
}
