/** Keyed hashes for links. The key never leaves the signer (KMS in a deployment). */
export interface Signer {
  /** base64url of an HMAC-SHA-256 over `text`. */
  mac(text: string): Promise<string>;
  /** Constant-time comparison with `mac(text)`. */
  verify(text: string, mac: string): Promise<boolean>;
}
