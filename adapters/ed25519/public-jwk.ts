import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import type { PublicJwk } from "../../core/ports/notary.ts";

/** How the world is told of a public key. */
export function publicJwk(key: KeyObject): PublicJwk {
  const { crv, x } = key.export({ format: "jwk" });
  if (crv !== "Ed25519" || x === undefined) throw new Error("the key is not one of Ed25519");
  // RFC 7638: the members that make the key, in the order of their names.
  const kid = hash("sha256", `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, "base64url");
  return { kty: "OKP", crv, x, kid, alg: "EdDSA", use: "sig" };
}

/** Whether the key's owner signed the text; `signature` is base64url, in its one spelling. */
export function isSignedBy({ kty, crv, x }: PublicJwk, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, "base64url");
  if (bytes.toString("base64url") !== signature) return false;
  const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
  return verify(null, Buffer.from(text), key, bytes);
}
