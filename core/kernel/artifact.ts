import type { Json } from "./json.ts";

/** What stands in the log, in a run and in answers for a value that is kept elsewhere. */
type Reference = Readonly<{ $artifact: string }>;

const NAME = "$artifact";
/** The first half of a SHA-256 over the content: whoever knows it, knows the content. */
const ID = /^[0-9a-f]{32}$/;

/** @param hash SHA-256 as lower-case hex. */
export function artifactId(hash: (text: string) => string, content: string): string {
  return hash(content).slice(0, 32);
}

export function referenceTo(id: string): Reference {
  return { $artifact: id };
}

/**
 * The artifact that a value stands for, if it has the form of a reference. Whether it is one, only
 * the store can say: a text that somebody made up names nothing, and is data like any other.
 */
export function referredBy(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, NAME)) return undefined;
  const id = (value as Readonly<Record<string, unknown>>)[NAME];
  if (typeof id !== "string" || !ID.test(id) || Object.keys(value).length > 1) return undefined;
  return id;
}

/** Values that were looked through, and refer to nothing: most are asked about many times. */
const PLAIN = new WeakSet<object>();

/** The artifacts that a value refers to, wherever in it. */
export function referencesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value !== "object" || value === null || PLAIN.has(value)) return found;
  const id = referredBy(value);
  if (id !== undefined) return found.add(id);
  const before = found.size;
  for (const name in value) referencesIn((value as Record<string, unknown>)[name], found);
  // Of what was found before, this may hold some again.
  if (before === 0 && found.size === 0) PLAIN.add(value);
  return found;
}

/** How deep contents may refer to others; what is deeper stays a reference. */
export const DEPTH_MAX = 16;

/** The value with contents of artifacts in their places; `undefined` leaves a place as it is. */
export function withContents(
  value: Json,
  contentOf: (id: string) => Json | undefined,
  depth = 0,
): Json {
  if (depth > DEPTH_MAX || referencesIn(value).size === 0) return value;
  return filled(value, (id) => {
    const content = contentOf(id);
    return content === undefined ? undefined : withContents(content, contentOf, depth + 1);
  });
}

function filled(value: Json, contentOf: (id: string) => Json | undefined): Json {
  if (typeof value !== "object" || value === null || PLAIN.has(value)) return value;
  const id = referredBy(value);
  if (id !== undefined) return contentOf(id) ?? value;
  if (Array.isArray(value)) return value.map((entry: Json) => filled(entry, contentOf));
  // fromEntries defines members, so a member named __proto__ is data like any other.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, filled(member, contentOf)]),
  );
}
