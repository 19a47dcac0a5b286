import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { jsonataOf } from "../../core/import/process/condition.ts";
import { readCondition } from "../../core/import/process/condition-syntax.ts";
import { compileExpression } from "../../core/kernel/expression.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { NOW } from "../support/given.ts";
import { type Chance, chanceOf } from "../support/simulation-random.ts";

const SEEDS = 2_000;

/** A condition as text, and what it comes to: told by hand, and not by the import. */
type Said = Readonly<{ text: string; holds: (data: JsonObject) => boolean | "error" }>;
type Value = Readonly<{ text: string; of: (data: JsonObject) => Json | undefined }>;

const NAMES = ["amount", "status", "ok", "user.age", "user.name", "gone", "user.gone"];

function randomValue(chance: Chance): Value {
  if (chance.happens(0.6)) {
    const name = chance.pick(NAMES);
    const spelt = chance.pick([name, `processData.${name}`, `\${${name}}`]);
    return { text: spelt, of: (data) => lookUp(data, name) };
  }
  const value = chance.pick<Json>([0, 5, -3.5, 100, "new", "it's", '"%}', true, false, null]);
  return { text: JSON.stringify(value), of: () => value };
}

function lookUp(data: JsonObject, name: string): Json | undefined {
  return name
    .split(".")
    .reduce<Json | undefined>((at, part) => (at as JsonObject | undefined)?.[part], data);
}

function compared(chance: Chance): Said {
  const [left, right] = [randomValue(chance), randomValue(chance)];
  const operator = chance.pick(["==", "===", "!=", "!==", "<", "<=", ">", ">="]);
  return {
    text: `${left.text}${chance.pick(["", " "])}${operator} ${right.text}`,
    holds(data) {
      const [a, b] = [left.of(data), right.of(data)];
      if (operator.startsWith("=")) return isEqual(a, b);
      if (operator.startsWith("!")) return !isEqual(a, b);
      return inOrder(operator, a, b);
    },
  };
}

/** What is not there equals `null` where that is written, and nothing else. */
function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === null || b === null) return (a ?? null) === null && (b ?? null) === null;
  return a !== undefined && b !== undefined && isDeepStrictEqual(a, b);
}

function inOrder(operator: string, a: Json | undefined, b: Json | undefined): boolean | "error" {
  const isSized = (one: Json | undefined) => ["number", "string", "undefined"].includes(typeof one);
  if (!isSized(a) || !isSized(b)) return "error";
  if (a === undefined || b === undefined) return false;
  if (typeof a !== typeof b) return "error";
  const [left, right] = [a as number, b as number];
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}

function randomCondition(chance: Chance, depth = 0): Said {
  if (depth > 3 || chance.happens(0.4)) return compared(chance);
  const [one, other] = [randomCondition(chance, depth + 1), randomCondition(chance, depth + 1)];
  if (chance.happens(0.25)) {
    const not = (data: JsonObject) => negated(one.holds(data));
    return { text: `!(${one.text})`, holds: not };
  }
  const isBoth = chance.happens(0.5);
  return {
    text: `(${one.text}) ${isBoth ? "&&" : "||"} (${other.text})`,
    holds(data) {
      const first = one.holds(data);
      if (first === "error" || first !== isBoth) return first;
      return other.holds(data);
    },
  };
}

function negated(holds: boolean | "error"): boolean | "error" {
  return holds === "error" ? holds : !holds;
}

function randomData(chance: Chance): JsonObject {
  return {
    ...(chance.happens(0.8) && { amount: chance.pick([0, 5, 100, 250, "5"]) }),
    ...(chance.happens(0.8) && { status: chance.pick(["new", "old", "it's", '"%}']) }),
    ...(chance.happens(0.8) && { ok: chance.happens(0.5) }),
    ...(chance.happens(0.8) && { user: { age: 40, ...(chance.happens(0.5) && { name: "new" }) } }),
  };
}

async function outcome(text: string, data: JsonObject): Promise<Json> {
  const read = readCondition(text);
  if (!read.ok) return `refused: ${read.message}`;
  const roots = { vars: { processData: data } };
  const scope = { roots, step: () => undefined, nodes: [], now: NOW };
  try {
    return (await compileExpression(jsonataOf(read.condition)).evaluate(scope)) ?? null;
  } catch {
    return "error";
  }
}

describe("a condition of a process", () => {
  test("means what it says, whatever the data is", async () => {
    const counts = new Map<Json, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const chance = chanceOf(seed);
      const { text, holds } = randomCondition(chance);
      const data = randomData(chance);

      const came = await outcome(text, data);

      expect(came, JSON.stringify({ seed, text, data })).toBe(holds(data));
      counts.set(came, (counts.get(came) ?? 0) + 1);
    }
    for (const kind of [true, false, "error"]) expect(counts.get(kind)).toBeGreaterThan(100);
  });

  test.each([
    "processData.constructor.constructor('return 1')()",
    "__proto__.x == 1",
    "amount = 5",
    "amount > 5; drop()",
    "f(x)",
    "a[0] == 1",
    "`x` == 1",
    "new Date() > 1",
    "(a == 1",
    "a == 1)",
    "&& a",
    "a ==",
    "",
    "!".repeat(60),
    "(".repeat(60),
  ])("is refused when it is %j", (text) => {
    expect(readCondition(text)).toMatchObject({ ok: false });
  });
});
