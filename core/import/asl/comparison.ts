import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { foundAt, pathOf, type Root } from "./paths.ts";
import { type Place, refuse } from "./place.ts";
import { isTimestamp } from "./states/wait.ts";
import { quoted } from "./text.ts";

const DEPTH_MAX = 16;
const RULE = new Set(["Next", "Comment", "Assign"]);

/** A rule of a Choice in JSONPath, as a condition. */
export function condition(
  place: Place,
  field: string,
  rule: Json | undefined,
  root: Root,
  depth = 0,
): string {
  if (!isObject(rule) || depth > DEPTH_MAX) {
    const why = isObject(rule) ? `is nested deeper than ${DEPTH_MAX} levels` : "must be an object";
    refuse(place, field, isObject(rule) ? "LIMIT" : "INVALID", why);
    return "false";
  }
  const kinds = Object.keys(rule).filter((name) => !RULE.has(name) && name !== "Variable");
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    refuse(place, field, "INVALID", "a rule has one comparison, or one of And, Or and Not");
    return "false";
  }
  const value = rule[kind] ?? null;
  if (kind === "Not") return `$not(${condition(place, `${field}.Not`, value, root, depth + 1)})`;
  if (kind === "And" || kind === "Or") return joined(place, field, kind, value, root, depth);
  return compared(place, field, kind, rule, root);
}

function joined(
  place: Place,
  field: string,
  kind: "And" | "Or",
  rules: Json,
  root: Root,
  depth: number,
): string {
  if (!Array.isArray(rules) || rules.length === 0) {
    refuse(place, `${field}.${kind}`, "INVALID", "must be a list of rules");
    return "false";
  }
  const parts = rules.map((rule: Json, index) =>
    condition(place, `${field}.${kind}[${index}]`, rule, root, depth + 1),
  );
  return `(${parts.join(kind === "And" ? " and " : " or ")})`;
}

type Sort = "String" | "Numeric" | "Boolean" | "Timestamp";
const COMPARES =
  /^(String|Numeric|Boolean|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$/;
const SIGNS: Readonly<Record<string, string>> = {
  Equals: "=",
  LessThan: "<",
  GreaterThan: ">",
  LessThanEquals: "<=",
  GreaterThanEquals: ">=",
};
const TYPES = { String: "string", Numeric: "number", Boolean: "boolean", Timestamp: "string" };

function compared(place: Place, field: string, kind: string, rule: JsonObject, root: Root): string {
  const path = rule["Variable"];
  const value = rule[kind] ?? null;
  if (typeof path !== "string") {
    refuse(place, `${field}.Variable`, "REQUIRED", "a comparison names what it looks at");
    return "false";
  }
  const at = `${field}.${kind}`;
  if (kind.startsWith("Is")) return tested(place, field, { kind, path, value, at, root });
  const left = pathOf(place, `${field}.Variable`, path, root);
  if (kind === "StringMatches" && typeof value === "string") return matches(left, value);
  const [, sort, sign, isPath] = COMPARES.exec(kind) ?? [];
  if (sort === undefined || sign === undefined || (sort === "Boolean" && sign !== "Equals")) {
    refuse(place, at, "INVALID", `${kind} is no comparison`);
    return "false";
  }
  const right = operand(place, at, sort as Sort, value, isPath !== undefined, root);
  return comparison(sort as Sort, SIGNS[sign] ?? "=", left, right);
}

function operand(
  place: Place,
  at: string,
  sort: Sort,
  value: Json,
  isPath: boolean,
  root: Root,
): string {
  if (isPath && typeof value === "string") return pathOf(place, at, value, root);
  if (!isPath && typeof value === TYPES[sort]) {
    return typeof value === "string" ? quoted(value) : JSON.stringify(value);
  }
  refuse(place, at, "INVALID", isPath ? "must be a path" : `must be a ${TYPES[sort]}`);
  return "null";
}

/** What is not of the sort that is compared makes the comparison false, never an error. */
function comparison(sort: Sort, sign: string, left: string, right: string): string {
  const sorted = (one: string) => `$type(${one}) = "${TYPES[sort]}"`;
  const both = `${sorted("$left")} and ${sorted("$right")}`;
  const bound = `$left := ${left}; $right := ${right}`;
  if (sort !== "Timestamp") return `(${bound}; ${both} and $left ${sign} $right)`;
  const times = `${isTimestamp("$left")} and ${isTimestamp("$right")}`;
  return `(${bound}; ${both} and ${times} and $toMillis($left) ${sign} $toMillis($right))`;
}

/** `*` stands for anything, and `\*` for itself. */
function matches(left: string, pattern: string): string {
  const parts = pattern.match(/\\[\s\S]|\*|[^\\*]+|\\/g) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return String.raw`[\s\S]*`;
    const plain = part.length === 2 && part.startsWith("\\") ? part.slice(1) : part;
    return plain.replaceAll(/[^A-Za-z0-9_ -]/gu, escaped);
  });
  const regex = `/^${source.join("")}$/`;
  return `($left := ${left}; $type($left) = "string" and $contains($left, ${regex}))`;
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return `\\x{${code}}`;
}

function isTyped(type: string): string {
  return `$type($found) = "${type}"`;
}

type Test = Readonly<{ kind: string; path: string; value: Json; at: string; root: Root }>;

function tested(place: Place, field: string, { kind, path, value, at, root }: Test): string {
  const found = foundAt(place, `${field}.Variable`, path, root);
  if (typeof value !== "boolean") {
    refuse(place, at, "INVALID", "must be true or false");
    return "false";
  }
  if (found === undefined) return "false";
  const tests: Readonly<Record<string, string>> = {
    IsPresent: "$exists($found)",
    IsNull: isTyped("null"),
    IsNumeric: isTyped("number"),
    IsString: isTyped("string"),
    IsBoolean: isTyped("boolean"),
    IsTimestamp: `${isTyped("string")} and ${isTimestamp("$found")}`,
  };
  const test = Object.hasOwn(tests, kind) ? tests[kind] : undefined;
  if (test === undefined) {
    refuse(place, at, "INVALID", `${kind} is no comparison`);
    return "false";
  }
  // Anything but being there can be asked of what is there alone.
  const looked = kind === "IsPresent" ? found : pathOf(place, `${field}.Variable`, path, root);
  return `($found := ${looked}; ${value ? `(${test})` : `$not(${test})`})`;
}
