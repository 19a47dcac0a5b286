/**
 * The everyday expressions (a path, a literal, a comparison, `and`, `or`) without an interpreter:
 * a condition costs a microsecond instead of thirty. Whatever is not plain gives up, and JSONata
 * itself answers; so this file may be deleted and nothing but speed changes.
 */
export type Lookup = (root: string, next: string | undefined) => unknown;

/** What a value refers to, when it is kept elsewhere; else the value. */
type Open = (value: unknown) => unknown;

type Quick = (lookup: Lookup, open: Open) => unknown;

/** Thrown by nothing: returned to say "ask JSONata". */
export const GIVE_UP: unique symbol = Symbol("give up");

type Ast = Readonly<{
  type: string;
  value?: unknown;
  steps?: readonly Ast[];
  lhs?: Ast;
  rhs?: Ast;
  [key: string]: unknown;
}>;

/** The quick form of a parsed expression, or undefined when it has none. */
export function quick(ast: Ast): Quick | undefined {
  switch (ast.type) {
    case "string":
    case "number":
    case "value":
      return () => ast.value;
    case "variable":
      return ast.value === "" || hasMore(ast) ? undefined : path([ast]);
    case "path":
      return Array.isArray(ast.steps) && !hasMore(ast) ? path(ast.steps) : undefined;
    case "binary":
      return binary(ast);
    default:
      return undefined;
  }
}

const KNOWN = new Set(["type", "value", "position", "steps"]);

/** Predicates, sorting, grouping and the like are further members of the node. */
function hasMore(ast: Ast): boolean {
  return Object.keys(ast).some((member) => !KNOWN.has(member));
}

function path(steps: readonly Ast[]): Quick | undefined {
  const [root, ...rest] = steps;
  if (root?.type !== "variable" || hasMore(root) || root.value === "") return undefined;
  if (rest.some((step) => step.type !== "name" || hasMore(step))) return undefined;
  const names = rest.map((step) => String(step.value));
  const variable = String(root.value);
  return (lookup, open) => {
    let value = lookup(variable, names[0]);
    for (const name of names) {
      value = open(value);
      if (value === undefined || value === null) return undefined;
      if (typeof value !== "object") return undefined;
      if (Array.isArray(value)) return GIVE_UP;
      value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    }
    return Array.isArray(value) && names.length > 0 && value.length < 2 ? GIVE_UP : value;
  };
}

function binary(ast: Ast): Quick | undefined {
  const left = ast.lhs && quick(ast.lhs);
  const right = ast.rhs && quick(ast.rhs);
  const combine = COMBINE[String(ast.value)];
  if (!left || !right || !combine || Object.keys(ast).some((member) => !BINARY.has(member))) {
    return undefined;
  }
  return (lookup, open) => {
    const a = left(lookup, open);
    const b = right(lookup, open);
    if (!isPlain(a) || !isPlain(b)) return GIVE_UP;
    return combine(a, b);
  };
}

const BINARY = new Set(["type", "value", "position", "lhs", "rhs"]);
type Plain = string | number | boolean | null | undefined;

function isPlain(value: unknown): value is Plain {
  return value !== GIVE_UP && (typeof value !== "object" || value === null);
}

const COMBINE: Readonly<Record<string, (a: Plain, b: Plain) => unknown>> = {
  "=": (a, b) => (a === undefined || b === undefined ? false : a === b),
  "!=": (a, b) => (a === undefined || b === undefined ? false : a !== b),
  "<": (a, b) => ordered(a, b, (x, y) => x < y),
  "<=": (a, b) => ordered(a, b, (x, y) => x <= y),
  ">": (a, b) => ordered(a, b, (x, y) => x > y),
  ">=": (a, b) => ordered(a, b, (x, y) => x >= y),
  "+": (a, b) => computed(a, b, (x, y) => x + y),
  "-": (a, b) => computed(a, b, (x, y) => x - y),
  "*": (a, b) => computed(a, b, (x, y) => x * y),
  "/": (a, b) => computed(a, b, (x, y) => x / y),
  "&": (a, b) => (typeof a === "string" && typeof b === "string" ? joined(a, b) : GIVE_UP),
  and: (a, b) => Boolean(a) && Boolean(b),
  or: (a, b) => Boolean(a) || Boolean(b),
};

function ordered(a: Plain, b: Plain, compare: (a: never, b: never) => boolean): unknown {
  const comparable =
    (typeof a === "number" && typeof b === "number") ||
    (typeof a === "string" && typeof b === "string");
  return comparable ? compare(a as never, b as never) : GIVE_UP;
}

function computed(a: Plain, b: Plain, compute: (a: number, b: number) => number): unknown {
  if (typeof a !== "number" || typeof b !== "number") return GIVE_UP;
  const result = compute(a, b);
  return Number.isFinite(result) ? result : GIVE_UP;
}

/** Longer texts are measured by whoever bounds them. */
const JOINED_LENGTH_MAX = 100_000;

function joined(a: string, b: string): unknown {
  return a.length + b.length > JOINED_LENGTH_MAX ? GIVE_UP : a + b;
}
