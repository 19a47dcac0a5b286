import { createContext, Script } from "node:vm";
import { evaluate, parseExpression, parseUnaryTests, unaryTest } from "feelin";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Cells, Rules } from "../../core/ports/rules.ts";

/** Of one table, over one input. */
const TABLE_MS_MAX = 500;
const MESSAGE_LENGTH_MAX = 1_000;
const FORBIDDEN = new Set(["now", "today"]);
/** Numbers are binary: what they hold beyond this many digits is noise, such as 0.1 + 0.2 has. */
const DIGITS = 15;

/**
 * FEEL, by feelin. Cells are customers' and may loop for as long as they like, so a table is worked
 * out under a watch that ends it, whatever it is doing.
 */
export function feelRules(): Rules {
  return {
    match(cells, input) {
      try {
        return { ok: true, matched: within(TABLE_MS_MAX, () => matching(cells, input)) };
      } catch (error) {
        const { code, message } = error as { code?: unknown; message?: unknown };
        const isLate = code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
        const text = isLate ? `it takes longer than ${TABLE_MS_MAX} ms` : String(message);
        const reason = isLate ? "time" : "threw";
        return { ok: false, reason, message: text.slice(0, MESSAGE_LENGTH_MAX) };
      }
    },

    problem(cell, kind) {
      try {
        return within(TABLE_MS_MAX, () => problemOf(cell, kind));
      } catch (error) {
        return (error as Error).message.slice(0, MESSAGE_LENGTH_MAX);
      }
    },
  };
}

/** Only a script of its own can be ended from outside; what it calls is ended with it. */
function within<T>(ms: number, work: () => T): T {
  const context = createContext({ work });
  return CALL.runInContext(context, { timeout: ms }) as T;
}

const CALL = new Script("work()");

function matching({ inputs, rules, firstOnly }: Cells, given: JsonObject) {
  const input = rounded(given) as JsonObject;
  const matched: { rule: number; values: readonly Json[] }[] = [];
  for (const [rule, row] of rules.entries()) {
    const holds = inputs.every((name, index) => {
      const cell = row.when[index] ?? "-";
      if (cell.trim() === "-") return true;
      return unaryTest(cell, { ...input, "?": input[name] ?? null }).value === true;
    });
    if (!holds) continue;
    const values = row.values.map((cell) =>
      "feel" in cell ? plain(evaluate(cell.feel, { ...input }).value) : cell.value,
    );
    matched.push({ rule, values });
    if (firstOnly) break;
  }
  return matched;
}

/** A FEEL value as JSON: dates and durations as texts, what is no value as null. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : rounded(JSON.parse(text) as Json);
}

function rounded(value: Json): Json {
  if (typeof value === "number") return Number(value.toPrecision(DIGITS));
  if (Array.isArray(value)) return value.map(rounded);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, rounded(entry)]));
}

function problemOf(cell: string, kind: "test" | "value"): string | undefined {
  if (kind === "test" && cell.trim() === "-") return undefined;
  const tree =
    kind === "test" ? parseUnaryTests(cell, {}, undefined) : parseExpression(cell, {}, undefined);
  let problem: string | undefined;
  tree.iterate({
    enter({ type, name, from, to }) {
      const text = cell.slice(from, to);
      if (type.isError) problem ??= `is malformed at position ${from + 1}`;
      if (name === "VariableName" && FORBIDDEN.has(text)) {
        problem ??= `${text} is not deterministic: hand the time in by "with"`;
      }
    },
  });
  return problem;
}
