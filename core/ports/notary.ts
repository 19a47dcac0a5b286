/** A public key that signatures are checked with, as a JSON Web Key (RFC 8037). */
export type PublicJwk = Readonly<{
  kty: "OKP";
  crv: "Ed25519";
  /** The key itself: 32 bytes in base64url. */
  x: string;
  /** The key's thumbprint (RFC 7638): it names the key and is made from nothing else. */
  kid: string;
  alg: "EdDSA";
  use: "sig";
}>;

export type Signature = Readonly<{
  /** The `kid` of the public key that it is checked with. */
  keyId: string;
  /** 64 bytes in base64url. */
  value: string;
}>;

/**
 * Signs what others check without asking us, with Ed25519. The private key never leaves the notary
 * (KMS in a deployment).
 */
export interface Notary {
  sign(text: string): Promise<Signature>;
  /** The keys whose signatures are ours. */
  keys(): Promise<readonly PublicJwk[]>;
}
