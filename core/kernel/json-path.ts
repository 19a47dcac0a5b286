import { isObject, type Json, own } from "./json.ts";

/** One step down: by names, by numbers, by a slice, to everything, or to all that is below. */
export type PathStep =
  | Readonly<{ type: "names"; names: readonly string[] }>
  | Readonly<{ type: "indexes"; indexes: readonly number[] }>
  | Readonly<{ type: "slice"; from: number | undefined; to: number | undefined; by: number }>
  | Readonly<{ type: "all" }>
  | Readonly<{ type: "below" }>;

/** A path is definite when it can only lead to one place. */
export type JsonPath = Readonly<{ steps: readonly PathStep[]; isDefinite: boolean }>;

export const PATH_LENGTH_MAX = 1_000;
const FOUND_MAX = 10_000;

/** A JSONPath without filters, or undefined for what is none. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith("$") || text.length > PATH_LENGTH_MAX) return undefined;
  const steps: PathStep[] = [];
  let rest = text.slice(1);
  while (rest !== "") {
    const read = readStep(rest);
    if (!read) return undefined;
    steps.push(...read.steps);
    rest = read.rest;
  }
  if (steps.at(-1)?.type === "below") return undefined;
  return { steps, isDefinite: steps.every(isSingle) };
}

function isSingle(step: PathStep): boolean {
  if (step.type === "names") return step.names.length === 1;
  return step.type === "indexes" && step.indexes.length === 1;
}

type Read = Readonly<{ steps: readonly PathStep[]; rest: string }>;

function readStep(text: string): Read | undefined {
  if (text.startsWith("..")) {
    const below: PathStep = { type: "below" };
    if (text[2] === "[") return { steps: [below], rest: text.slice(2) };
    const next = readStep(text.slice(1));
    return next && { steps: [below, ...next.steps], rest: next.rest };
  }
  const dotted = /^\.(?:\*|[^\s.[\]()'",:*?@$]+)/.exec(text)?.[0];
  if (dotted !== undefined) {
    const name = dotted.slice(1);
    const step: PathStep = name === "*" ? { type: "all" } : { type: "names", names: [name] };
    return { steps: [step], rest: text.slice(dotted.length) };
  }
  if (text.startsWith("[")) return readBrackets(text);
  return text.startsWith(".[") ? readBrackets(text.slice(1)) : undefined;
}

const QUOTED = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const NAMES = new RegExp(String.raw`^\[\s*((?:${QUOTED})(?:\s*,\s*(?:${QUOTED}))*)\s*\]`);
const NUMBERS = /^\[\s*(-?\d{1,9}(?:\s*,\s*-?\d{1,9})*)\s*\]/;
const SLICE = /^\[\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*(?::\s*(\d{1,9})?\s*)?\]/;
const ALL = /^\[\s*\*\s*\]/;

function readBrackets(text: string): Read | undefined {
  const names = NAMES.exec(text);
  if (names) {
    const all = [...(names[1] ?? "").matchAll(new RegExp(QUOTED, "g"))];
    const step: PathStep = { type: "names", names: all.map(([quoted]) => unquoted(quoted)) };
    return { steps: [step], rest: text.slice(names[0].length) };
  }
  const numbers = NUMBERS.exec(text);
  if (numbers) {
    const indexes = (numbers[1] ?? "").split(",").map(Number);
    return { steps: [{ type: "indexes", indexes }], rest: text.slice(numbers[0].length) };
  }
  const slice = SLICE.exec(text);
  if (slice) {
    const [whole, from, to, by = "1"] = slice;
    if (Number(by) === 0) return undefined;
    const step: PathStep = {
      type: "slice",
      from: numberOf(from),
      to: numberOf(to),
      by: Number(by),
    };
    return { steps: [step], rest: text.slice(whole.length) };
  }
  const all = ALL.exec(text);
  return all ? { steps: [{ type: "all" }], rest: text.slice(all[0].length) } : undefined;
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function unquoted(text: string): string {
  const quote = text[0] ?? "";
  // A backslash before anything else is part of the name, as it is at AWS.
  return text.slice(1, -1).replaceAll(`\\${quote}`, quote);
}

/**
 * What is at a path: the one value, or undefined; for a path that may lead to several places, a
 * list of what is there. Null for more than a list may have.
 */
export function lookUp(path: JsonPath, value: Json): Readonly<{ found: Json | undefined }> | null {
  let found: readonly Json[] = [value];
  for (const step of path.steps) {
    const next: Json[] = [];
    for (const one of found) {
      for (const place of under(step, one)) next.push(place);
      if (next.length > FOUND_MAX) return null;
    }
    found = next;
  }
  return { found: path.isDefinite ? found[0] : found };
}

function under(step: PathStep, value: Json): readonly Json[] {
  switch (step.type) {
    case "names":
      return step.names.flatMap((name) => {
        const member = isObject(value) ? own(value, name) : undefined;
        return member === undefined ? [] : [member];
      }, 1);
    case "indexes":
      return Array.isArray(value) ? picked(value as readonly Json[], step.indexes) : [];
    case "slice":
      return Array.isArray(value) ? sliced(value as readonly Json[], step) : [];
    case "all":
      return inside(value);
    case "below":
      return everything(value);
  }
}

function inside(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return isObject(value) ? Object.values(value) : [];
}

/** A value and all that is in it, outermost first. */
function everything(value: Json): readonly Json[] {
  const result: Json[] = [];
  const open: Json[] = [value];
  for (let one = open.shift(); one !== undefined; one = open.shift()) {
    result.push(one);
    if (result.length > FOUND_MAX) return result;
    open.unshift(...inside(one));
  }
  return result;
}

function picked(list: readonly Json[], indexes: readonly number[]): readonly Json[] {
  const result: Json[] = [];
  for (const index of indexes) {
    const entry = list.at(index);
    if (entry !== undefined) result.push(entry);
  }
  return result;
}

function sliced(
  list: readonly Json[],
  { from, to, by }: Extract<PathStep, { type: "slice" }>,
): readonly Json[] {
  return list.slice(from ?? 0, to ?? list.length).filter((_, index) => index % by === 0);
}

/** A copy in which a definite path leads to `put`; undefined where there is no such place. */
export function putAt(
  steps: readonly PathStep[],
  value: Json | undefined,
  put: Json,
): Json | undefined {
  const [step, ...rest] = steps;
  if (!step) return put;
  if (step.type === "names" && (value === undefined || isObject(value))) {
    const name = step.names[0] ?? "";
    const member = putAt(rest, own(value, name), put);
    // fromEntries defines members, so a member named __proto__ is data like any other.
    const others = Object.entries(value ?? {}).filter(([other]) => other !== name);
    return member === undefined ? undefined : Object.fromEntries([...others, [name, member]]);
  }
  if (step.type !== "indexes" || !Array.isArray(value)) return undefined;
  const list = value as readonly Json[];
  const [index = 0] = step.indexes;
  if (index < 0 || index >= list.length) return undefined;
  const entry = putAt(rest, list[index], put);
  return entry === undefined ? undefined : list.with(index, entry);
}
