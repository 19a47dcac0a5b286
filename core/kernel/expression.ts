import jsonata from "jsonata";
import { instantText } from "./duration.ts";
import { replacements } from "./expression-functions.ts";
import { EXPRESSION, EXPRESSION_LIMITS, ExpressionError } from "./expression-limits.ts";
import { type Instant, type Json, own } from "./json.ts";
import { GIVE_UP, quick } from "./quick-expression.ts";
import { LinearRegex, regexProblem } from "./regex-engine.ts";

/** What an expression sees. Roots are `input`, `vars`, `run`, `item`, `index`, `key`, `output`. */
export type Scope = Readonly<{
  roots: Readonly<Record<string, unknown>>;
  /** `$steps.<node>`; asked for lazily, because a run may have many. */
  step(node: string): unknown;
  nodes: readonly string[];
  now: Instant;
  /** Around each evaluation that JSONata itself makes: bounds what many of them take together. */
  bounded?: Bounded | undefined;
  /** What a value refers to, when it is a reference to a large one; else the value. */
  open?(value: unknown): unknown;
  /** A value with all that it refers to. */
  whole?(value: Json): Json;
  /** A value that is only passed on is passed on as it is, references and all. */
  passesOn?: boolean;
}>;

export type Bounded = (work: () => Promise<unknown>) => Promise<unknown>;

export type Expression = Readonly<{ source: string; evaluate(scope: Scope): Evaluation }>;
type Evaluation = Json | undefined | Promise<Json | undefined>;

/** JSONata's code for an evaluation that took longer than it may. */
const TIME_LIMIT = "D1012";

const FORBIDDEN = new Set(["random", "eval", "shuffle"]);

type Used = Readonly<{ steps: ReadonlySet<string> | "all"; roots: ReadonlySet<string> }>;
type Ast = { type?: unknown; value?: unknown } & Record<string, unknown>;

/**
 * JSONata, bounded and deterministic.
 *
 * Regular expressions run on RE2; built-ins that allocate by a number or read a clock are replaced;
 * time, depth, sequences and strings are bounded. The same source at the same instant over the same
 * values gives the same result, and its value is recorded, so nothing depends on that for ever.
 * @throws Error when the source is malformed, with a sentence for its author.
 */
export function compileExpression(source: string): Expression {
  if (source.length > EXPRESSION.lengthMax) {
    throw new Error(`the expression is longer than ${EXPRESSION.lengthMax} characters`);
  }
  const compiled = parsed(source);
  const ast = compiled.ast() as unknown as Ast;
  refuseForbidden(ast);
  const used = { steps: stepsUsed(ast), roots: rootsUsed(ast) };
  const fast = quick(ast as never);
  const evaluate = (scope: Scope): Evaluation => {
    if (fast) {
      const value = fast(
        (root, next) => (root === "steps" ? quickSteps(scope, next) : own(scope.roots, root)),
        scope.open ?? asItIs,
      );
      if (value !== GIVE_UP) {
        return scope.passesOn ? (value as Json | undefined) : wholeOf(scope, value);
      }
    }
    return slow(compiled, scope, used);
  };
  return { source, evaluate };
}

/** JSONata's idea of truth: empty strings, arrays and objects, 0, null and absence are false. */
export function isTrue(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some((entry: Json) => isTrue(entry));
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function parsed(source: string): jsonata.Expression {
  try {
    const compiled = jsonata(source, {
      RegexEngine: LinearRegex,
      timeout: EXPRESSION.timeoutMs,
      stack: EXPRESSION.depthMax,
      sequence: EXPRESSION.sequenceMax,
    });
    return compiled;
  } catch (error) {
    const message = (error as { message?: unknown }).message;
    throw new Error(typeof message === "string" ? message : "the expression is malformed", {
      cause: error,
    });
  }
}

function asItIs(value: unknown): unknown {
  return value;
}

function wholeOf({ whole }: Scope, value: unknown): Json | undefined {
  return value === undefined || !whole ? (value as Json | undefined) : whole(value as Json);
}

function quickSteps(scope: Scope, node: string | undefined): unknown {
  if (node === undefined) return GIVE_UP;
  const step = scope.step(node);
  return step === undefined ? undefined : { [node]: step };
}

async function slow(
  compiled: jsonata.Expression,
  scope: Scope,
  used: Used,
): Promise<Json | undefined> {
  const steps: Record<string, unknown> = {};
  for (const node of used.steps === "all" ? scope.nodes : used.steps) {
    const step = scope.step(node);
    if (step !== undefined) steps[node] = wholeOf(scope, step);
  }
  const roots: Record<string, unknown> = {};
  for (const name of used.roots) {
    const root = own(scope.roots, name);
    if (root !== undefined) roots[name] = wholeOf(scope, root);
  }
  try {
    const bindings = {
      ...roots,
      ...(await replacements(builtIn)),
      ...clockOf(scope.now),
      steps,
    };
    const evaluate = (): Promise<unknown> => compiled.evaluate(undefined, bindings);
    const work = () => evaluate().catch((error: unknown) => again(error, evaluate));
    return plain(await (scope.bounded ? scope.bounded(work) : work()));
  } catch (error) {
    throw failure(error);
  }
}

/**
 * An expression that met the time limit gets one more chance: the limit is real time, and a machine
 * that was busy elsewhere must not fail a run. One that never ends meets it again.
 */
function again(error: unknown, evaluate: () => Promise<unknown>): Promise<unknown> {
  if ((error as { code?: unknown }).code !== TIME_LIMIT) throw error;
  return evaluate();
}

function clockOf(now: Instant) {
  return { now: () => instantText(now), millis: () => now };
}

/** Sequences, functions and odd numbers become the JSON that they are. */
function plain(value: unknown): Json | undefined {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return finite(value);
  if (typeof value === "function") throw new ExpressionError("EXPRESSION_ERROR", "is a function");
  if (typeof value === "string" && value.length <= EXPRESSION.resultLengthMax) return value;
  const text = JSON.stringify(value);
  if (text === undefined) return undefined;
  if (text.length > EXPRESSION.resultLengthMax) {
    throw new ExpressionError(
      "EXPRESSION_LIMIT",
      `the result is larger than ${EXPRESSION.resultLengthMax} characters`,
    );
  }
  return JSON.parse(text) as Json;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ExpressionError("EXPRESSION_ERROR", "the result is not a finite number");
}

function failure(error: unknown): ExpressionError {
  if (error instanceof ExpressionError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : "the evaluation failed";
  const limit =
    EXPRESSION_LIMITS.has(String(code)) ||
    (error instanceof RangeError && /stack|length/i.test(text));
  return new ExpressionError(limit ? "EXPRESSION_LIMIT" : "EXPRESSION_ERROR", text);
}

function refuseForbidden(ast: Ast): void {
  walk(ast, (node) => {
    if (node.type === "variable" && FORBIDDEN.has(String(node.value))) {
      throw new Error(`$${String(node.value)} is not deterministic and cannot be used`);
    }
    if (node.type === "regex" && node.value instanceof RegExp) {
      const problem = regexProblem(node.value.source, node.value.flags);
      if (problem) throw new Error(`the regular expression is refused: ${problem}`);
    }
  });
}

/** The nodes that `$steps.x` names, or all of them when `$steps` is used in another way. */
function stepsUsed(ast: Ast): ReadonlySet<string> | "all" {
  const names = new Set<string>();
  let named = 0;
  let mentioned = 0;
  walk(ast, (node) => {
    if (node.type === "variable" && node.value === "steps") mentioned++;
    const [root, next] = Array.isArray(node["steps"]) ? (node["steps"] as Ast[]) : [];
    if (root?.type !== "variable" || root.value !== "steps" || next?.type !== "name") return;
    names.add(String(next.value));
    named++;
  });
  return named === mentioned ? names : "all";
}

/** The roots that it names: only what an expression looks at is looked up for it. */
function rootsUsed(ast: Ast): ReadonlySet<string> {
  const names = new Set<string>();
  walk(ast, (node) => {
    if (node.type === "variable") names.add(String(node.value));
  });
  return names;
}

function walk(node: unknown, visit: (node: Ast) => void): void {
  if (Array.isArray(node)) {
    for (const entry of node) walk(entry, visit);
    return;
  }
  if (typeof node !== "object" || node === null || node instanceof RegExp) return;
  visit(node as Ast);
  for (const value of Object.values(node)) walk(value, visit);
}

function builtIn(name: string): Promise<unknown> {
  return jsonata(`$${name}`).evaluate(undefined);
}
