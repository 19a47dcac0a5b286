import type { RunKey } from "../../ports/queue.ts";
import type { Table } from "../../ports/table.ts";
import { rows } from "../../store/rows.ts";
import type { RunFacts } from "./wanted.ts";

const KNOWN_MAX = 5_000;

/** What does not change about runs, remembered: every commit of a run asks the same. */
export function runFacts(table: Table): (key: RunKey) => Promise<RunFacts | undefined> {
  const known = new Map<string, RunFacts>();
  return async ({ tenant, runId }) => {
    const name = `${tenant}/${runId}`;
    const hit = known.get(name);
    if (hit) return hit;
    const head = await table.get(rows.head(tenant, runId));
    if (!head) return undefined;
    const facts: RunFacts = {
      workflow: String(head["workflow"]),
      version: Number(head["version"]),
      tags: JSON.parse(String(head["tags"] ?? "{}")) as Record<string, string>,
    };
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, facts);
    return facts;
  };
}
