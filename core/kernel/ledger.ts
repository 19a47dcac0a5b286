import type { Instant } from "./json.ts";

/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. Beyond the RFC, lone surrogates are kept as escapes instead of refused,
 * because what a tool answered must be on record as it was. Members that are undefined are left
 * out. Not a library only because every step pays for it; a test holds it against one.
 */
export function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return primitive(value);
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += (i === 0 ? "" : ",") + canonical(value[i]);
    return `${text}]`;
  }
  const object = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of sorted(Object.keys(object))) {
    const member = object[name];
    if (member === undefined) continue;
    text += `${text === "" ? "{" : ","}${quoted(name)}:${canonical(member)}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

/** Objects have few members, mostly in order: then this is several times faster than `sort`. */
function sorted(names: string[]): string[] {
  if (names.length > 24) return names.toSorted();
  for (let i = 1; i < names.length; i++) {
    const name = names[i] as string;
    let at = i - 1;
    while (at >= 0 && (names[at] as string) > name) {
      names[at + 1] = names[at] as string;
      at--;
    }
    names[at + 1] = name;
  }
  return names;
}

/** Text that needs no escapes is its own JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function primitive(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error("a number that is not finite has no JSON");
  }
  return JSON.stringify(value) ?? "null";
}

/** What the chain's hash covers: everything about a commit but its content, which has a digest. */
export type Skeleton = Readonly<{
  version: 1;
  run: string;
  /** Number of the commit's first event; events are numbered densely. */
  seq: number;
  types: readonly string[];
  at: Instant;
  actor: string;
  /** Hash of the commit before, "" for the first. */
  prev: string;
  /** SHA-256 of the content with its salt: the content may be erased, and this stays. */
  digest: string;
}>;

/** @param hash SHA-256 in base64url. */
export function chainHash(skeleton: Skeleton, hash: (text: string) => string): string {
  const { actor, at, digest, prev, run, seq, types, version } = skeleton;
  // Written out, in the order that `canonical` would give it: every step pays for this.
  const head = `{"actor":${quoted(actor)},"at":${at},"digest":${quoted(digest)}`;
  const tail = `"seq":${seq},"types":${canonical(types)},"version":${version}}`;
  return hash(`${head},"prev":${quoted(prev)},"run":${quoted(run)},${tail}`);
}
