/** A condition of this dialect, read and never run: what is not here cannot be said. */
export type Condition =
  | Readonly<{ type: "value"; value: string | number | boolean | null }>
  | Readonly<{ type: "name"; names: readonly string[] }>
  | Readonly<{ type: "not"; of: Condition }>
  | Readonly<{ type: "both" | "either"; left: Condition; right: Condition }>
  | Compared;

export type Compared = Readonly<{
  type: "compare";
  operator: Comparison;
  left: Condition;
  right: Condition;
}>;

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type ReadCondition =
  | Readonly<{ ok: true; condition: Condition }>
  | Readonly<{ ok: false; message: string }>;

type Token = Readonly<{
  type: "mark" | "text" | "number" | "name" | "end";
  text: string;
  at: number;
}>;
type Cursor = Readonly<{ peek(): Token; take(): Token }>;

const LENGTH_MAX = 2_000;
const DEPTH_MAX = 50;
const TOKEN =
  /\s*(?:(===|!==|==|!=|<=|>=|&&|\|\||[<>!()])|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*))/y;
/** Names by which code gets at what is no data. */
const FORBIDDEN = new Set([
  "constructor",
  "prototype",
  "__proto__",
  "this",
  "window",
  "globalThis",
]);
const LITERALS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", null],
]);

class Unreadable extends Error {}

/** `a == b`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`, `!`, parentheses, dotted names, values. */
export function readCondition(text: string): ReadCondition {
  try {
    if (text.length > LENGTH_MAX) throw new Unreadable(`is longer than ${LENGTH_MAX} characters`);
    // A name may stand in the braces of a template, which say nothing more here.
    const cursor = cursorOn(tokensOf(text.replaceAll(/\$\{([^{}"']*)\}/g, " $1 ")));
    const condition = either(cursor, 0);
    const { type, text: rest, at } = cursor.peek();
    if (type !== "end") throw unexpected(rest, at);
    return { ok: true, condition };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, message: error.message };
    throw error;
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Unreadable(`cannot be read from ${shown(text.slice(at).trim())} on`);
    const [whole, mark, quoted, number, name = ""] = match;
    const start = at + whole.length - whole.trimStart().length;
    if (mark !== undefined) tokens.push({ type: "mark", text: mark, at: start });
    else if (quoted !== undefined) tokens.push({ type: "text", text: unquoted(quoted), at: start });
    else if (number !== undefined) tokens.push({ type: "number", text: number, at: start });
    else tokens.push({ type: "name", text: name, at: start });
    at += whole.length;
  }
  return [...tokens, { type: "end", text: "", at: text.length }];
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPES.get(escaped) ?? escaped);
}

function cursorOn(tokens: readonly Token[]): Cursor {
  let next = 0;
  const peek = () => tokens[next] ?? { type: "end", text: "", at: 0 };
  return {
    peek,
    take() {
      const token = peek();
      next++;
      return token;
    },
  };
}

function either(cursor: Cursor, depth: number): Condition {
  let left = both(cursor, depth);
  while (isMark(cursor, "||")) {
    cursor.take();
    left = { type: "either", left, right: both(cursor, depth) };
  }
  return left;
}

function both(cursor: Cursor, depth: number): Condition {
  let left = comparison(cursor, depth);
  while (isMark(cursor, "&&")) {
    cursor.take();
    left = { type: "both", left, right: comparison(cursor, depth) };
  }
  return left;
}

function comparison(cursor: Cursor, depth: number): Condition {
  const left = unary(cursor, depth);
  const { type, text } = cursor.peek();
  if (type !== "mark" || !/^(?:[=!]==?|[<>]=?)$/.test(text)) return left;
  cursor.take();
  const operator = (text.length === 3 ? text.slice(0, 2) : text) as Comparison;
  return { type: "compare", operator, left, right: unary(cursor, depth) };
}

function unary(cursor: Cursor, depth: number): Condition {
  if (depth > DEPTH_MAX) throw new Unreadable(`is nested deeper than ${DEPTH_MAX} levels`);
  const { type, text, at } = cursor.take();
  switch (type) {
    case "text":
      return { type: "value", value: text };
    case "number":
      return { type: "value", value: Number(text) };
    case "name":
      return named(text);
    case "end":
      throw new Unreadable("ends too early");
    case "mark":
      if (text === "!") return { type: "not", of: unary(cursor, depth + 1) };
      if (text !== "(") throw unexpected(text, at);
  }
  const inner = either(cursor, depth + 1);
  if (!isMark(cursor, ")")) throw new Unreadable(`has a parenthesis at ${at} that nothing closes`);
  cursor.take();
  return inner;
}

function named(text: string): Condition {
  const value = LITERALS.get(text);
  if (value !== undefined) return { type: "value", value };
  const names = text.replace(/^processData\./, "").split(".");
  const forbidden = names.find((name) => FORBIDDEN.has(name));
  if (forbidden !== undefined) throw new Unreadable(`names ${forbidden}, which is no data`);
  return { type: "name", names };
}

function isMark(cursor: Cursor, text: string): boolean {
  const next = cursor.peek();
  return next.type === "mark" && next.text === text;
}

function unexpected(text: string, at: number): Unreadable {
  return new Unreadable(`has ${shown(text)} at ${at}, where nothing expects it`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
