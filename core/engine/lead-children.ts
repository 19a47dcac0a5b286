import type { Command } from "../kernel/command.ts";
import { isOwed, type Run } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item } from "../ports/table.ts";
import { awaitedBy } from "../store/child-rows.ts";
import { handleDeps } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";
import { forget } from "./make-children.ts";

const DRIVER = { kind: "system", id: "driver" } as const;

/** The children that the run awaits are paused, go on, or undo what they did, as it does. */
export async function leadChildren(
  deps: EngineDeps,
  key: RunKey,
  found: readonly Item[],
  follow: Item,
  until: number,
): Promise<void> {
  const { run } = await deps.log.load(key);
  const awaited = awaitedBy(run);
  for (const { sk: child, state } of found) {
    if (state !== "running" || !awaited.has(child)) continue;
    await tellChild(deps, { tenant: key.tenant, runId: child }, asParent(run), until);
  }
  // What the parent did since has written this row again.
  await forget(deps, follow);
}

function asParent({ id, status, undoing }: Run): Command {
  if (undoing) return cancelling(id, true);
  if (status === "paused") {
    return { type: "run.pause", reason: `its parent ${id} is paused`, withParent: true };
  }
  return { type: "run.resume", withParent: true };
}

function cancelling(parent: string, undo: boolean): Command {
  const reason = `its parent ${parent} awaits it no more`;
  return { type: "run.cancel", reason, ...(undo && { compensate: true }) };
}

/** Cancels the children that the run awaits no more; those not made yet are never made. */
export async function cancelLeft(
  deps: EngineDeps,
  key: RunKey,
  found: readonly Item[],
  cancel: Item,
  until: number,
): Promise<void> {
  const { run } = await deps.log.load(key);
  const awaited = awaitedBy(run);
  const command = cancelling(key.runId, cancel["undo"] !== undefined);
  for (const row of found) {
    if (awaited.has(row.sk)) continue;
    const isMade = row["state"] === "running";
    if (!isMade && row["state"] !== "start" && row["state"] !== "held") continue;
    if (!isMade && row["again"] === undefined && (await forget(deps, row))) continue;
    await tellChild(deps, { tenant: key.tenant, runId: row.sk }, command, until);
    await forget(deps, row);
  }
  // Another child may have been left meanwhile, which writes this row again.
  await forget(deps, cancel);
}

async function tellChild(
  deps: EngineDeps,
  key: RunKey,
  command: Command,
  until: number,
): Promise<void> {
  const handled = await handle(handleDeps(deps), { key, command, actor: DRIVER, until });
  if (handled.type === "accepted" && isOwed(handled.run, handled.at)) await deps.queue.wake(key);
}
