import { createHash } from "node:crypto";

/** A text as 40 characters that names of AWS may hold. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}
