import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";

const PAGE = 50;
const ACTOR = { kind: "system", id: "tenant" } as const;

/** Cancels a page of a tenant's active runs; true once there is none that can be. */
export async function cancelRuns(deps: EngineDeps, tenant: string): Promise<boolean> {
  const pk = `${tenant}#runs#live`;
  const page = await deps.table.query({ index: "list", pk, limit: PAGE });
  let cancelled = 0;
  for (const row of page.items) {
    const key = { tenant, runId: String(row["run"]) };
    const command = { type: "run.cancel", reason: "the tenant was deleted" } as const;
    const until = deps.elapsed() + API_TIME_MS;
    const handled = await handle(handleDeps(deps), { key, command, actor: ACTOR, until });
    if (handled.type === "accepted") cancelled++;
  }
  // The index may lag and show what has just been cancelled; it is refused, and that is the end.
  return cancelled === 0;
}
