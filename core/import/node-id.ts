import { NAME } from "../kernel/check.ts";

const LENGTH_MAX = 64;

/**
 * Elsewhere a node may be called anything, and ours have names. What is no name, or looks like one
 * of those made here, is spelt by its characters, so that it can be read back.
 */
export function nodeIdOf(id: string): string | undefined {
  if (NAME.test(id) && id !== "__proto__" && !/^_[gx]/.test(id)) return id;
  const spelt = `_x${Array.from(id, spell).join("")}`;
  return id !== "" && spelt.length <= LENGTH_MAX ? spelt : undefined;
}

/** What a node was called where it came from. */
export function originalId(nodeId: string): string {
  if (!nodeId.startsWith("_x")) return nodeId;
  const spelt = nodeId.slice(2);
  return spelt.replaceAll(/_([0-9a-f]{1,6})_/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

/** The id of a node that stands for nothing in the document that was imported. */
export function madeId(what: string): string {
  return `_g-${what}`;
}

function spell(character: string): string {
  if (/^[A-Za-z0-9-]$/.test(character)) return character;
  return `_${(character.codePointAt(0) ?? 0).toString(16)}_`;
}
