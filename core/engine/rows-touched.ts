import type { Decision } from "../kernel/decision.ts";
import type { Run } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item, Operation, Table } from "../ports/table.ts";
import { jobsTouched } from "../store/job-rows.ts";
import { rows } from "../store/rows.ts";
import { tasksTouched } from "../store/run-rows.ts";

/** What one write may hold beside the commit itself; DynamoDB takes 100. */
export const ROWS_MAX = 90;

/** The rows of tasks and jobs that a decision is about, as they are stored. */
export async function rowsTouched(
  table: Table,
  { tenant }: RunKey,
  before: Run,
  { events, run }: Extract<Decision, { type: "accepted" }>,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  for (const id of tasksTouched(events)) {
    const item = await table.get(rows.task(tenant, id));
    if (item) found.set(id, item);
  }
  for (const id of jobsTouched(before, run)) {
    const item = await table.get(rows.job(tenant, id));
    if (item) found.set(id, item);
  }
  return found;
}

/**
 * Rows beyond one write's size: closed tasks of a run with very many. The log is already right,
 * and readers of a task ask its run, so being late here misleads nobody.
 */
export async function writeRest(table: Table, operations: readonly Operation[]): Promise<void> {
  for (let from = 0; from < operations.length; from += ROWS_MAX) {
    await table.write(operations.slice(from, from + ROWS_MAX));
  }
}
