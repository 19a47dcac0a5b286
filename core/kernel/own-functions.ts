import {
  checkLength,
  EXPRESSION,
  EXPRESSION_LIMITS,
  ExpressionError,
} from "./expression-limits.ts";
import type { Json } from "./json.ts";
import { lookUp, parseJsonPath, putAt } from "./json-path.ts";

/**
 * What our expressions have beside JSONata's own functions: JSONPath, errors with a code, lists
 * whose entries stay what they are, and the functions that AWS Step Functions adds to JSONata.
 */
export const OWN_FUNCTIONS: Readonly<Record<string, (...values: never[]) => unknown>> = {
  jsonPath,
  put,
  fail,
  require: required,
  list: (...values: unknown[]): unknown => values.map((value) => value ?? null),
  parse,
  partition,
  range,
  toBase64,
  fromBase64,
};

function wrong(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_ERROR", message);
}

function pathOf(path: unknown) {
  const parsed = typeof path === "string" ? parseJsonPath(path) : undefined;
  if (parsed) return parsed;
  throw wrong(`${JSON.stringify(path)?.slice(0, 100) ?? "nothing"} is no JSONPath`);
}

function jsonPath(value: unknown, path: unknown): unknown {
  const parsed = pathOf(path);
  if (value === undefined) return undefined;
  const looked = lookUp(parsed, value as Json);
  if (looked) return looked.found;
  throw new ExpressionError("EXPRESSION_LIMIT", "a path leads to more than 10000 places");
}

/** Absent where the path leads through something that has no members. */
function put(value: unknown, path: unknown, what: unknown): unknown {
  const { steps, isDefinite } = pathOf(path);
  if (!isDefinite) throw wrong("only a path that leads to one place can be put at");
  return putAt(steps, value as Json | undefined, (what ?? null) as Json);
}

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

function fail(code: unknown, message: unknown): never {
  if (typeof code !== "string" || !CODE.test(code)) throw wrong("$fail needs a code");
  throw new ExpressionError(code, typeof message === "string" ? message : code);
}

/**
 * The value, if there is one and it can be kept; else the error. Of a function, what it comes to:
 * then an error in it is that error, too.
 */
async function required(value: unknown, code: unknown, message: unknown): Promise<unknown> {
  const made = typeof value === "function" ? await attempted(value as Attempt, code) : value;
  return made === undefined || isFunction(made) ? fail(code, message) : made;
}

type Attempt = () => Promise<unknown>;

async function attempted(attempt: Attempt, code: unknown): Promise<unknown> {
  try {
    return await attempt();
  } catch (error) {
    const { code: own, message } = error as { code?: unknown; message?: unknown };
    const isOwn = error instanceof ExpressionError && own !== "EXPRESSION_ERROR";
    if (isOwn || EXPRESSION_LIMITS.has(String(own)) || error instanceof RangeError) throw error;
    return fail(code, message);
  }
}

function isFunction(value: unknown): boolean {
  return (
    typeof value === "function" ||
    (typeof value === "object" &&
      value !== null &&
      ("_jsonata_lambda" in value || "_jsonata_function" in value))
  );
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw wrong("$parse needs a text");
  checkLength(text.length);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw wrong("$parse met a text that is not JSON");
  }
}

function partition(list: unknown, size: unknown): unknown {
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || typeof size !== "number") throw wrong("$partition needs a list");
  const length = Math.floor(size + 0.5);
  if (length < 1) throw wrong("$partition needs a size of at least 1");
  const parts = Math.ceil(list.length / length);
  return Array.from({ length: parts }, (_, part) =>
    (list as unknown[]).slice(part * length, (part + 1) * length),
  );
}

const RANGE_MAX = 1_000;

/** The last is included. One number alone is that number, as everywhere in JSONata. */
function range(this: unknown, from: unknown, to: unknown, by: unknown): unknown {
  const [first, last, step] = [from, to, by].map((value) => {
    if (typeof value !== "number") throw wrong("$range needs three numbers");
    return Math.floor(value + 0.5);
  }) as [number, number, number];
  if (step === 0) throw wrong("$range needs a step that is not 0");
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_MAX) {
    throw new ExpressionError("EXPRESSION_LIMIT", `$range makes at most ${RANGE_MAX} numbers`);
  }
  const numbers = Array.from({ length }, (_, index) => first + index * step);
  return numbers.length === 1 ? numbers[0] : numbers;
}

function bytesIn(text: unknown): string | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw wrong("only a text has a Base64 form");
  if (text.length <= EXPRESSION.stringLengthMax) return text;
  throw new ExpressionError("EXPRESSION_LIMIT", "a text is too long for Base64");
}

/** Of the text in UTF-8; JSONata's own takes Latin-1 only. */
function toBase64(text: unknown): unknown {
  const given = bytesIn(text);
  if (given === undefined) return undefined;
  let bytes = "";
  for (const byte of new TextEncoder().encode(given)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

function fromBase64(text: unknown): unknown {
  const given = bytesIn(text);
  if (given === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(given), (byte) => byte.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    throw wrong("a text is not Base64");
  }
}
