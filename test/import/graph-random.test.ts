import { describe, expect, test } from "vitest";
import { originalId } from "../../core/import/node-id.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { type Chance, chanceOf } from "../support/simulation-random.ts";
import { type Condition, type GraphDocument, interpret } from "./graph-reference.ts";

const SEEDS = Number(process.env["HOLDFAST_IMPORT_SEEDS"] ?? 200);
const VISITS_MAX = 50;
const FUNCTIONS = [
  "profile_data",
  "identify_anomalies",
  "generate_rules",
  "apply_rules",
  "wait_for_approval",
  "finish_pipeline",
  "echo",
];
const KEYS = ["anomaly_count", "dataset_size", "rules_generated", "name", "odd key", "list", "and"];
const OPERATORS = ["==", "!=", ">", "<", ">=", "<=", "in"];

function randomValue(chance: Chance): Json {
  const values: readonly Json[] = [0, 3, 12, 25, 50, 1000, "a", "abc", "%}", true, false, null];
  const more: readonly Json[] = [[], [3], ["a", 50], { a: 1 }];
  return chance.pick([...values, ...values, ...more]);
}

function randomCondition(chance: Chance): Condition {
  const operator = chance.pick(OPERATORS);
  if (operator === "in") {
    const list = Array.from({ length: chance.whole(0, 3) }, () => randomValue(chance));
    return { key: chance.pick(KEYS), operator, value: chance.happens(0.8) ? list : "abcdef" };
  }
  return { key: chance.pick(KEYS), operator, value: randomValue(chance) };
}

function randomGraph(chance: Chance): GraphDocument {
  const count = chance.whole(1, 6);
  const ids = Array.from({ length: count }, (_, n) => chance.pick([`n${n}`, `${n}`, `Nr. ${n} ü`]));
  const edges = ids.flatMap((source) =>
    Array.from({ length: chance.whole(0, 3) }, () => ({
      source,
      target: chance.pick(ids),
      ...(chance.happens(0.6) && { condition: randomCondition(chance) }),
    })),
  );
  return {
    nodes: ids.map((id) => ({ id, function: chance.pick(FUNCTIONS) })),
    edges,
    start_node: chance.happens(0.8) ? (ids[0] ?? "") : chance.pick(ids),
  };
}

function randomState(chance: Chance): JsonObject {
  return Object.fromEntries(
    KEYS.filter(() => chance.happens(0.4)).map((key) => [key, randomValue(chance)]),
  );
}

/** Runs it and answers with the nodes in their order, approving whatever is asked. */
async function run(home: House, workflow: string, input: JsonObject) {
  const key = await home.start(workflow, { input });
  for (let turns = 0; turns < 500; turns++) {
    await home.drive(key);
    const { waitingOn } = await home.read(key);
    const task = waitingOn.find(({ kind }) => kind === "approval")?.task;
    if (task === undefined) break;
    await home.engine.tasks.decide(ADMIN, task, { decision: "approved" });
  }
  const path: string[] = [];
  for (let after = 0; ; ) {
    const page = await home.engine.runs.events(ADMIN, key.runId, { after, limit: 200 });
    if (!page.ok || page.value.data.length === 0) break;
    for (const { type, data, seq } of page.value.data) {
      after = seq;
      const node = typeof data["node"] === "string" ? data["node"] : "";
      if (type === "step.started" && !node.startsWith("_g")) path.push(originalId(node));
    }
  }
  return { ...(await home.read(key)), path };
}

/** Undefined when the graph was refused; else whether it was walked as it should be. */
async function told(seed: number): Promise<"refused" | "endless" | "completed" | "failed"> {
  const chance = chanceOf(seed);
  const document = randomGraph(chance);
  const home = house();
  const imported = await home.engine.workflows.import(ADMIN, {
    dialect: "graph",
    name: "g",
    document,
  });
  if (!imported.ok) return "refused";

  const state = randomState(chance);
  const wanted = interpret(document, state, VISITS_MAX);
  const came = await run(home, "g", state);

  const shown = JSON.stringify({ seed, document, state, error: came.error });
  const status = { completed: "succeeded", failed: "failed", endless: "failed" }[wanted.status];
  expect(came.status, shown).toBe(status);
  const code = wanted.status === "endless" ? "MAX_VISITS" : came.error?.code;
  expect(came.error?.code, shown).toBe(code);
  expect(came.path, shown).toEqual(wanted.path);
  expect(came.vars["state"], shown).toEqual(wanted.state);
  const output = wanted.status === "completed" ? wanted.state : came.output;
  expect(came.output, shown).toEqual(output);
  return wanted.status;
}

describe("a random graph of nodes and functions", () => {
  test("is refused, or runs as the dialect says", async () => {
    const counts: Record<string, number> = {};
    for (let seed = 1; seed <= SEEDS; seed++) {
      const came = await told(seed);
      counts[came] = (counts[came] ?? 0) + 1;
    }

    for (const kind of ["refused", "completed", "failed", "endless"]) {
      expect(counts[kind], kind).toBeGreaterThan(2);
    }
  });
});
