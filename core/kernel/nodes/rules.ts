import { decimalSum } from "../decimal.ts";
import { fail, nodeOf, succeed } from "../depart.ts";
import type { Draft } from "../draft.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { canonical } from "../ledger.ts";
import { lookUp } from "../needs.ts";
import type { Token } from "../run.ts";
import { type Table, tableOf } from "../table.ts";
import { begin } from "./begin.ts";
import { valueOf } from "./pure.ts";

type Match = Readonly<{ rule: number; values: readonly Json[] }>;

/** Decides by a table. The rules that fired are in the output, and so on record. */
export async function visitRules(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const given = await valueOf(draft, token, node.with);
  if (!given.ok) return fail(draft, token, given.error);
  const input = isObject(given.value) ? given.value : {};
  const table = tableOf(node.document["table"] as JsonObject);
  const found = lookUp(draft, { kind: "rules", cells: table.cells, input });
  if (!found.ok) {
    const code = found.reason === "time" ? "TIMEOUT" : "RULES_ERROR";
    const message = `the table of ${node.id}: ${found.message}`;
    return fail(draft, token, { code, message, retryable: false });
  }
  const matches = found.value as unknown as readonly Match[];
  const decided = decideBy(table, matches);
  if (!decided.ok) {
    const message = `the table of ${node.id}: ${decided.message}`;
    return fail(draft, token, { code: "RULES_CONFLICT", message, retryable: false });
  }
  const rules = decided.fired.map(({ rule }) => {
    const annotation = table.annotations[rule];
    return { rule: rule + 1, ...(annotation !== undefined && { annotation }) };
  });
  return succeed(draft, token, { output: { outcome: decided.outcome, rules } });
}

type Decided =
  | Readonly<{ ok: true; outcome: Json; fired: readonly Match[] }>
  | Readonly<{ ok: false; message: string }>;

/** What the hit policy makes of the rules that match, which are in the order of the table. */
export function decideBy(table: Table, matches: readonly Match[]): Decided {
  const [first] = matches;
  const numbers = matches.map(({ rule }) => rule + 1).join(", ");
  switch (table.hitPolicy) {
    case "unique":
      if (matches.length > 1) return { ok: false, message: `rules ${numbers} match, not one` };
      return one(table, first);
    case "first":
      return one(table, first);
    case "any": {
      const outcomes = new Set(matches.map(({ values }) => canonical(values)));
      if (outcomes.size > 1) return { ok: false, message: `rules ${numbers} differ` };
      return { ...one(table, first), fired: matches };
    }
    case "priority":
      return one(table, byPriority(table, matches)[0]);
    case "output order":
      return all(table, byPriority(table, matches));
    case "rule order":
      return all(table, matches);
    case "collect":
      return table.aggregate ? aggregated(table, matches) : all(table, matches);
  }
}

function one(table: Table, match: Match | undefined) {
  const outcome = match ? named(table, match) : null;
  return { ok: true, outcome, fired: match ? [match] : [] } as const;
}

function all(table: Table, matches: readonly Match[]): Decided {
  return { ok: true, outcome: matches.map((match) => named(table, match)), fired: matches };
}

function named({ outputs }: Table, { values }: Match): JsonObject {
  return Object.fromEntries(outputs.map((name, index) => [name, values[index] ?? null]));
}

/** Highest first, by the outputs in their order. A value that no list names comes last. */
function byPriority({ priorities }: Table, matches: readonly Match[]): readonly Match[] {
  const rank = (match: Match, output: number) => {
    const wanted = canonical(match.values[output]);
    const at = (priorities[output] ?? []).findIndex((value) => canonical(value) === wanted);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  return matches.toSorted((a, b) => {
    for (const output of priorities.keys()) {
      const order = rank(a, output) - rank(b, output);
      if (order !== 0) return order;
    }
    return a.rule - b.rule;
  });
}

/** Of a table with one output. Of nothing there is a count, and no sum, smallest or largest. */
function aggregated({ aggregate, outputs }: Table, matches: readonly Match[]): Decided {
  const name = outputs[0] ?? "";
  const values = matches.map((match) => match.values[0] ?? null);
  const of = (outcome: Json) =>
    ({ ok: true, outcome: { [name]: outcome }, fired: matches }) as const;
  if (aggregate === "count") return of(values.length);
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length < values.length) {
    return { ok: false, message: `an outcome is no number, and has no ${aggregate}` };
  }
  if (numbers.length === 0) return of(null);
  if (aggregate === "sum") return of(decimalSum(numbers));
  return of(aggregate === "min" ? Math.min(...numbers) : Math.max(...numbers));
}
