import { checkLength, ExpressionError } from "./expression-limits.ts";
import { canonical } from "./ledger.ts";
import { OWN_FUNCTIONS } from "./own-functions.ts";
import { isReadable } from "./time-picture.ts";

type BuiltIn = { implementation: (...values: unknown[]) => unknown; _jsonata_function: true };

/** Looks up one of JSONata's own functions by its name. */
export type BuiltInOf = (name: string) => Promise<unknown>;

/** Built-ins whose work grows with the length of a string, by name. */
const BY_LENGTH =
  "length substring substringBefore substringAfter lowercase uppercase trim match contains " +
  "replace split join base64encode base64decode encodeUrlComponent encodeUrl " +
  "decodeUrlComponent decodeUrl number formatNumber toMillis parseInteger";

let replaced: Promise<Readonly<Record<string, unknown>>> | undefined;

/** JSONata's own functions behind a check of their arguments' sizes, and those we do without. */
export function replacements(builtInOf: BuiltInOf): Promise<Readonly<Record<string, unknown>>> {
  replaced ??= (async () => {
    const result: Record<string, unknown> = {
      ...OWN_FUNCTIONS,
      pad,
      eval: refused,
      random: refused,
    };
    result["shuffle"] = refused;
    for (const name of BY_LENGTH.split(" ")) {
      const builtIn = (await builtInOf(name)) as BuiltIn;
      result[name] = { ...builtIn, implementation: bounded(builtIn.implementation) };
    }
    for (const name of BY_PICTURE.split(" ")) {
      const builtIn = (result[name] ?? (await builtInOf(name))) as BuiltIn;
      result[name] = { ...builtIn, implementation: shortPicture(builtIn.implementation) };
    }
    const toMillis = result["toMillis"] as BuiltIn;
    result["toMillis"] = { ...toMillis, implementation: readable(toMillis.implementation) };
    const sort = (await builtInOf("sort")) as BuiltIn;
    result["sort"] = { ...sort, implementation: sorted(sort.implementation) };
    const distinct = (await builtInOf("distinct")) as BuiltIn;
    result["distinct"] = { ...distinct, implementation: distinctOnes };
    return result;
  })();
  return replaced;
}

/** Built-ins whose second argument is a picture, which they look through again and again. */
const BY_PICTURE = "fromMillis toMillis formatNumber formatInteger parseInteger";
const PICTURE_LENGTH_MAX = 1_000;

function shortPicture(implementation: BuiltIn["implementation"]): BuiltIn["implementation"] {
  return function (this: unknown, ...values: unknown[]): unknown {
    const picture = values[1];
    if (typeof picture === "string" && picture.length > PICTURE_LENGTH_MAX) {
      throw tooMuch(`a picture is longer than ${PICTURE_LENGTH_MAX} characters`);
    }
    return implementation.apply(this, values);
  };
}

const TIME_LENGTH_MAX = 100;

/** JSONata reads times by backtracking patterns, its own and those of pictures. */
function readable(implementation: BuiltIn["implementation"]): BuiltIn["implementation"] {
  return function (this: unknown, ...values: unknown[]): unknown {
    const [text, picture] = values;
    if (typeof text === "string" && text.length > TIME_LENGTH_MAX) {
      throw tooMuch(`a time is longer than ${TIME_LENGTH_MAX} characters`);
    }
    if (typeof picture === "string" && !isReadable(picture)) {
      const message = `times cannot be read by the picture ${JSON.stringify(picture.slice(0, 80))}`;
      throw new ExpressionError("EXPRESSION_ERROR", message);
    }
    return implementation.apply(this, values);
  };
}

/** With a function to compare by, JSONata's own sort keeps a copy for every comparison. */
const COMPARED_MAX = 5_000;

function sorted(implementation: BuiltIn["implementation"]): BuiltIn["implementation"] {
  return function (this: unknown, ...values: unknown[]): unknown {
    const [list, comparator] = values;
    if (!Array.isArray(list)) return implementation.apply(this, values);
    if (comparator === undefined) {
      const kinds = new Set(list.map((entry: unknown) => typeof entry));
      const [kind] = kinds;
      if (kinds.size === 1 && (kind === "number" || kind === "string")) {
        return list.toSorted((a: string, b: string) => (a > b ? 1 : a < b ? -1 : 0));
      }
      // What cannot be sorted is said by JSONata itself, of as little as can be.
      const other: unknown = list.find((entry) => typeof entry !== typeof list[0]) ?? list[1];
      return implementation.apply(this, [other === undefined ? list : [list[0], other]]);
    }
    if (list.length <= COMPARED_MAX) return implementation.apply(this, values);
    throw tooMuch(`more than ${COMPARED_MAX} entries are sorted by a function`);
  };
}

/** The first of each that are equal. JSONata's own compares every entry with every other. */
function distinctOnes(this: unknown, list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const seen = new Set<unknown>();
  const isSequence = (list as { sequence?: unknown }).sequence === true;
  const { createSequence } = this as { createSequence: (this: void) => unknown[] };
  const result = isSequence ? createSequence() : [];
  for (const entry of list as unknown[]) {
    const isObject = typeof entry === "object" && entry !== null;
    const name = isObject ? `object ${canonical(entry)}` : entry;
    const key = typeof name === "string" && !isObject ? `text ${name}` : name;
    if (!seen.has(key)) result.push(entry);
    seen.add(key);
  }
  return result;
}

function tooMuch(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_LIMIT", message);
}

function bounded(implementation: BuiltIn["implementation"]): BuiltIn["implementation"] {
  return function (this: unknown, ...values: unknown[]): unknown {
    for (const value of values) if (typeof value === "string") checkLength(value.length);
    const list = values[0];
    if (Array.isArray(list)) {
      let total = 0;
      for (const entry of list) total += typeof entry === "string" ? entry.length : 0;
      checkLength(total);
    }
    return implementation.apply(this, values);
  };
}

function pad(text: unknown, width: unknown, filler?: unknown): string | undefined {
  if (typeof text !== "string" || typeof width !== "number") return undefined;
  checkLength(Math.abs(width));
  const fill = typeof filler === "string" && filler !== "" ? filler : " ";
  const length = Math.trunc(Math.abs(width));
  return width < 0 ? text.padStart(length, fill) : text.padEnd(length, fill);
}

function refused(): never {
  throw new ExpressionError("EXPRESSION_ERROR", "the function is not deterministic");
}
