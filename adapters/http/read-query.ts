import { type Checked, refused } from "./problem.ts";

const CONTROL = /\p{Cc}/u;

export type Query = Readonly<Record<string, string | readonly string[]>>;

/**
 * The query as names and texts; a name that comes twice has a list, which only some schemas take.
 *
 * URLSearchParams would turn broken encoding into U+FFFD, and a filter would match nothing.
 */
export function readQuery(query: string): Checked<Query> {
  const found: Record<string, string | string[]> = Object.create(null);
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decoded(at < 0 ? pair : pair.slice(0, at));
    const text = at < 0 ? "" : decoded(pair.slice(at + 1));
    if (name === undefined || text === undefined) {
      return refused("INVALID_REQUEST", "The query is not valid percent-encoding.");
    }
    if (CONTROL.test(name) || CONTROL.test(text)) {
      return refused("INVALID_REQUEST", "The query has control characters in it.");
    }
    const before = found[name];
    found[name] = before === undefined ? text : [before, text].flat();
  }
  return { ok: true, value: found };
}

/** `+` is a space, as in forms. Undefined when the encoding is broken. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
