import { randomBytes } from "node:crypto";

const POOL_BYTES = 16 * 1024;
let pool = Buffer.alloc(0);

/** 16 random bytes, from a pool: asking the system each time costs more than a commit does. */
export function random(encoding: "hex" | "base64url"): string {
  if (pool.length < 16) pool = randomBytes(POOL_BYTES);
  const text = pool.toString(encoding, 0, 16);
  pool = pool.subarray(16);
  return text;
}
