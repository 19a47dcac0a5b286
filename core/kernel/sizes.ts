import type { Json } from "./json.ts";

const MIB = 1024 * 1024;

/**
 * What values may have, in bytes. A row holds 400 KB, and a commit may hold what came before in it,
 * an output, its variables and the run's output at once: what is larger than `inlineMax` is kept
 * beside the log, and the log refers to it.
 */
export const SIZES = {
  /** Of a value in the log itself, and of a step's variables together. */
  inlineMax: 96 * 1024,
  /** Of any value: an output, the input of a call, the items of a map, what they come to. */
  valueMax: 12 * MIB,
  /** Of all that one expression looks at, when it is large. */
  openMax: 24 * MIB,
  /** Of a run's input, and of the payload of a signal: what a request may have at all. */
  inputMax: MIB,
  payloadMax: MIB,
  /** Of a decision's edits: with its comment they are the output of the approval. */
  editsMax: 60 * 1024,
  /** Of all signals that nothing has waited for yet, but for what is kept beside the log. */
  signalsMax: MIB,
  /** More than this is not put into one commit together, the run's output least of all. */
  commitMax: 300 * 1024,
  /** After this a commit takes on nothing more. */
  commitSoft: 64 * 1024,
} as const;

/** Bytes of the value as JSON in UTF-8. */
export function bytesOf(value: Json | undefined): number {
  if (value === undefined) return 0;
  return utf8Length(typeof value === "string" ? value : JSON.stringify(value));
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Halves of a pair count two each: four bytes for the pair.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
