import type { Json, JsonObject } from "../../core/contract/fields.ts";

const SOURCE = Symbol("source of an expression");

/** An expression of JSONata: its text, and how tightly its outermost operator binds. */
export type Source = Readonly<{ [SOURCE]: Readonly<{ text: string; binds: number }> }>;

/** How tightly JSONata's operators bind. */
export const BINDS = {
  choice: 20,
  or: 25,
  and: 30,
  compare: 40,
  add: 50,
  multiply: 60,
  path: 80,
} as const;

/**
 * An expression that can be gone along like the value that it comes to: each member is an
 * expression again. In a plain text it prints as `{% … %}`, so that `${$.input.name}` is right too.
 */
export function expression(text: string, binds: number = BINDS.path): Source {
  const source = { [SOURCE]: { text, binds } };
  return new Proxy(source, {
    get(target, name) {
      if (name === SOURCE) return target[SOURCE];
      if (name === Symbol.toPrimitive) return () => inTemplate(text);
      if (typeof name === "symbol") return undefined;
      return expression(`${inBrackets(target[SOURCE], BINDS.path)}${member(name)}`);
    },
  });
}

/** What stands for `$` in the functions that write templates: each member is a name of its own. */
export const names: unknown = new Proxy(
  {},
  {
    get: (_target, name) => (typeof name === "string" ? expression(`$${name}`) : undefined),
  },
);

export function sourceOf(value: unknown): { text: string; binds: number } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Partial<Source>)[SOURCE];
}

/** As an operand of an operator that binds so tightly: in brackets where it binds less. */
export function operand(value: unknown, binds: number): string {
  const source = sourceOf(value);
  return source ? inBrackets(source, binds) : literal(value);
}

function inBrackets(source: { text: string; binds: number }, binds: number): string {
  return source.binds < binds ? `(${source.text})` : source.text;
}

export function inTemplate(text: string): string {
  return `{% ${text} %}`;
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/;
/** Words that JSONata reads as something else than a name. */
const WORDS = new Set(["and", "or", "in", "true", "false", "null"]);

function member(name: string): string {
  if (/^\d+$/.test(name)) return `[${name}]`;
  if (PLAIN_NAME.test(name) && !WORDS.has(name)) return `.${name}`;
  if (!name.includes("`")) return `.\`${name}\``;
  throw new Error(`JSONata has no way to write the name ${JSON.stringify(name)} in a path`);
}

function literal(value: unknown): string {
  if (typeof value === "string") {
    const isPlain = /^[^'\\\p{Cc}]*$/u.test(value);
    return isPlain ? `'${value}'` : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((entry) => operand(entry, 0)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([name, entry]) => `${JSON.stringify(name)}: ${operand(entry, 0)}`,
    );
    return `{${members.join(", ")}}`;
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new Error("undefined is no value of an expression");
  return text;
}

/** A template as the JSON of a document. */
export function printed(value: unknown): Json {
  const source = sourceOf(value);
  if (source) return inTemplate(source.text);
  if (Array.isArray(value)) return value.map(printed);
  if (typeof value === "object" && value !== null) return printedObject(value);
  if (typeof value === "function") {
    throw new Error("a function must stand for a whole field, not for a part of one");
  }
  return (value ?? null) as Json;
}

/** Members that are not there are left out, as JSON does. */
export function printedObject(value: object): JsonObject {
  const members = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(members.map(([name, entry]) => [name, printed(entry)]));
}
