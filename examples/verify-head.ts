import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

export type Jwk = { kid: string; kty: string; crv: string; x: string };
export type Signed = { keyId: string; text: string; value: string };
export type Head = { tenant: string; run: string; count: number; head: string; at: number };

/** What a run was when it ended, or why that is not proven. Asks nobody: the keys are enough. */
export function verifyHead(keys: readonly Jwk[], { keyId, text, value }: Signed): Head {
  const jwk = keys.find(({ kid }) => kid === keyId);
  if (!jwk) throw new Error(`none of the keys is ${keyId}`);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const isSigned = verify(null, Buffer.from(text), key, Buffer.from(value, "base64url"));
  const [about, head = ""] = text.split("\n");
  if (!isSigned || about !== "holdfast run head") throw new Error("this is not what was signed");
  return JSON.parse(head);
}

const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const [keysFile, verifiedFile] = process.argv.slice(2);
if (import.meta.main && keysFile && verifiedFile) {
  console.log(verifyHead(read(keysFile).keys, read(verifiedFile).signature));
}
