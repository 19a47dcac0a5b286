import { createHash } from "node:crypto";

const CHECK_LENGTH = 8;

/**
 * A cursor on the wire is the engine's, with a check of itself and of the list it belongs to. So a
 * cursor that is cut, mistyped or from another list is told, instead of showing a wrong page.
 * It is no secret and no signature: a list only ever shows what the caller may see.
 */
export function sealCursor(list: string, cursor: string): string {
  return Buffer.from(checkOf(list, cursor) + cursor, "utf8").toString("base64url");
}

export function openCursor(list: string, sealed: string): string | undefined {
  const text = Buffer.from(sealed, "base64url").toString("utf8");
  const cursor = text.slice(CHECK_LENGTH);
  return sealCursor(list, cursor) === sealed ? cursor : undefined;
}

function checkOf(list: string, cursor: string): string {
  const hash = createHash("sha256").update(`${list}\n${cursor}`).digest("base64url");
  return hash.slice(0, CHECK_LENGTH);
}
