/** Opaque to callers, and checked when it comes back: a cursor from elsewhere is a bad request. */
export function cursorOf(kind: string, at: string | null): string | null {
  return at === null ? null : Buffer.from(`${kind}:${at}`).toString("base64url");
}

/** What a cursor holds; undefined for none; `false` when it is not one of this kind. */
export function readCursor(kind: string, cursor: string | undefined): string | undefined | false {
  if (cursor === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]{1,1024}$/.test(cursor)) return false;
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  return text.startsWith(`${kind}:`) ? text.slice(kind.length + 1) : false;
}
