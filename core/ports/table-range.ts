import { Fault } from "./fault.ts";
import type { Range } from "./table.ts";
import { isKeyText, TABLE_LIMITS } from "./table-rules.ts";

export type Bound = Readonly<{ text: string; inclusive: boolean }>;

/** A range as what every database understands: the sort keys between two bounds. */
export type Bounds = Readonly<{
  low: Bound | undefined;
  high: Bound | undefined;
  limit: number;
  /** No row can be in the range: not between such bounds, or not under such a key. */
  empty: boolean;
}>;

/** Turns prefix, after and until into bounds, so that adapters cannot disagree about them. */
export function boundsOf(range: Range): Bounds {
  const { pk, prefix = "", after, until, reverse = false } = range;
  const limit = range.limit ?? TABLE_LIMITS.pageItemsDefault;
  if (!Number.isInteger(limit) || limit < 1 || limit > TABLE_LIMITS.pageItemsMax) {
    throw invalid(`a page has 1 to ${TABLE_LIMITS.pageItemsMax} items, not ${limit}`);
  }
  if (pk === "") throw invalid("a query names no partition");
  for (const text of [after, until]) {
    if (text && !isKeyText(text, TABLE_LIMITS.skBytesMax)) {
      throw invalid("a bound of a query is not well-formed text of at most 1023 bytes");
    }
  }
  const isPossible =
    isKeyText(pk, TABLE_LIMITS.pkBytesMax) &&
    (prefix === "" || isKeyText(prefix, TABLE_LIMITS.skBytesMax));
  if (!isPossible) return { low: undefined, high: undefined, limit, empty: true };

  const next = textAfterAll(prefix);
  let low: Bound | undefined = prefix === "" ? undefined : { text: prefix, inclusive: true };
  let high: Bound | undefined = next === undefined ? undefined : { text: next, inclusive: false };
  const begin = after === undefined ? undefined : { text: after, inclusive: false };
  const end = until === undefined ? undefined : { text: until, inclusive: true };
  low = tighter(low, reverse ? end : begin, 1);
  high = tighter(high, reverse ? begin : end, -1);
  // No sort key is empty, so nothing lies below the empty text and everything above it.
  if (low?.text === "") low = undefined;
  return { low, high, limit, empty: isEmpty(low, high) };
}

/** The order of sort keys: that of their UTF-8 bytes, which is not JavaScript's. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates spell the characters above all others, yet their units are not the largest. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The first text after all that begin with `prefix`; undefined when there is none. */
function textAfterAll(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? 0;
    if (last === 0x10ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return characters.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/** Of two bounds the one that leaves less; `side` is 1 for low bounds and -1 for high ones. */
function tighter(a: Bound | undefined, b: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (!a || !b) return a ?? b;
  const order = compareText(a.text, b.text) * side;
  if (order === 0) return a.inclusive ? b : a;
  return order > 0 ? a : b;
}

function isEmpty(low: Bound | undefined, high: Bound | undefined): boolean {
  if (high?.text === "") return true;
  if (!low || !high) return false;
  const order = compareText(low.text, high.text);
  return order > 0 || (order === 0 && !(low.inclusive && high.inclusive));
}

function invalid(reason: string): Fault {
  return new Fault(`The table cannot read this: ${reason}.`, { retryable: false });
}
