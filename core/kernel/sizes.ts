import type { Json } from "./json.ts";

/**
 * What may be in one commit, in bytes. A row holds 400 KB, and a commit may hold what came before
 * in it, an output, its variables and the run's output at once.
 */
export const SIZES = {
  /** Of an output, of a step's variables together, and of the input of a call. */
  valueMax: 96 * 1024,
  /** Of the items of a map, and of what they come to together; and so of a run's output. */
  mapMax: 224 * 1024,
  /** Of a run's input. */
  inputMax: 256 * 1024,
  /** Of the payload of a signal, which is in the log as it came and as the wait's output. */
  payloadMax: 96 * 1024,
  /** Of a decision's edits: with its comment they are the output of the approval. */
  editsMax: 60 * 1024,
  /** Of all signals that nothing has waited for yet. */
  signalsMax: 1024 * 1024,
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
