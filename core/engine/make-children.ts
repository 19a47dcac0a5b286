import type { ChildEnd } from "../kernel/command.ts";
import type { Event } from "../kernel/event.ts";
import type { Json } from "../kernel/json.ts";
import { hasEnded, isOwed, type Run } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Condition, Item, Operation } from "../ports/table.ts";
import { awaitedBy, type ChildState, childRow } from "../store/child-rows.ts";
import { beginRun } from "./admission/begin-run.ts";
import { wantedBy } from "./admission/groups.ts";
import { handleDeps } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";
import { concurrencyRefusal } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import { checkStart } from "./start-run.ts";
import type { Caller, StartRequest } from "./views.ts";

const DRIVER = { kind: "system", id: "driver" } as const;

/**
 * Makes a child's run, in one write with its row: where a cancel took the row, none is made.
 * Nothing begins while the parent is paused.
 */
export async function make(
  deps: EngineDeps,
  key: RunKey,
  row: Item,
  until: number,
): Promise<readonly ChildEnd[]> {
  const { run: parent } = await deps.log.load(key);
  const child = row.sk;
  if (!awaitedBy(parent).has(child)) {
    await forget(deps, row);
    return [];
  }
  if (parent.status === "paused") {
    await hold(deps, parent, row);
    return [];
  }
  if (parent.undoing) return neverMade(deps, parent, row);
  return row["again"] === undefined
    ? begin(deps, parent, row, until)
    : beginAgain(deps, parent, row, until);
}

async function begin(
  deps: EngineDeps,
  parent: Run,
  row: Item,
  until: number,
): Promise<readonly ChildEnd[]> {
  const { tenant, id, deadline, actor, depth = 0 } = parent;
  const child = row.sk;
  const caller: Caller = { tenant, role: "operator", keyId: "driver", actsFor: true };
  const checked = await checkStart(deps, caller, requestIn(row));
  if (!checked.ok) {
    const { code, message } = checked.refusal;
    const told = code === "WORKFLOW_NOT_FOUND" ? "CHILD_NOT_FOUND" : code;
    return [{ child, status: "refused", error: { code: told, message } }];
  }
  const isAwaited = row["mode"] !== "async";
  const { input, record } = checked.value;
  const known = { tenant, runId: child, record, input, limits: {} };
  const wanted = await wantedBy(deps, known);
  if (!wanted.ok) return [refusedBy(child, wanted.refusal)];
  const begun = await beginRun(deps, {
    key: { tenant, runId: child },
    command: {
      type: "run.create",
      id: child,
      tenant,
      seed: deps.randomness.hex().slice(0, 20),
      input,
      tags: {},
      parent: id,
      depth: depth + 1,
      ...(isAwaited && { awaited: true }),
      ...(isAwaited && deadline !== undefined && { deadline }),
      ...(actor && { actor }),
    },
    actor: DRIVER,
    definition: record,
    wanted: wanted.value,
    also: (events) => [madeRow(parent, row, stateAfter(isAwaited, events), deps.clock.now())],
    until,
  });
  if (begun.type === "full") {
    return [refusedBy(child, concurrencyRefusal(record.name, begun.unit).refusal)];
  }
  if (begun.type !== "accepted") return [];
  if (isOwed(begun.run, begun.at)) await deps.queue.wake({ tenant, runId: child });
  if (!isAwaited) return [{ child, status: "started" }];
  return hasEnded(begun.run) ? [endIn(begun.run)] : [];
}

function refusedBy(child: string, { code, message }: Refusal): ChildEnd {
  return { child, status: "refused", error: { code, message } };
}

/**
 * The parent was retried, and so is its child. One that somebody has retried before, or that the
 * failure of its parent had not come to yet, is awaited as it is; one that was undone, cancelled or
 * deleted cannot go on.
 */
async function beginAgain(
  deps: EngineDeps,
  parent: Run,
  row: Item,
  until: number,
): Promise<readonly ChildEnd[]> {
  const { tenant } = parent;
  const child = row.sk;
  const isAwaited = row["mode"] !== "async";
  const handled = await handle(handleDeps(deps), {
    key: { tenant, runId: child },
    command: { type: "run.retry" },
    actor: DRIVER,
    also: (events) => [madeRow(parent, row, stateAfter(isAwaited, events), deps.clock.now())],
    until,
  });
  if (handled.type === "refused") return [];
  if (handled.type === "accepted") {
    if (isOwed(handled.run, handled.at)) await deps.queue.wake({ tenant, runId: child });
    if (!isAwaited) return [{ child, status: "started" }];
    return hasEnded(handled.run) ? [endIn(handled.run)] : [];
  }
  const { run } = await deps.log.load({ tenant, runId: child });
  const isLost = run.seq === 0 || run.status === "failed" || run.status === "cancelled";
  if (isLost) return [{ child, status: "lost" }];
  const state = isAwaited ? (hasEnded(run) ? "ended" : "running") : "started";
  const { ok } = await deps.table.write([madeRow(parent, row, state, deps.clock.now())]);
  if (!ok || state === "running") return [];
  return [state === "started" ? { child, status: "started" } : endIn(run)];
}

function requestIn({ workflow, version, input }: Item): StartRequest {
  return {
    workflow: String(workflow),
    input: JSON.parse(String(input)) as Json,
    ...(version !== undefined && { version: Number(version) }),
  };
}

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

function stateAfter(isAwaited: boolean, events: readonly Event[]): ChildState {
  if (!isAwaited) return "started";
  return events.some(({ type }) => ENDS.has(type)) ? "ended" : "running";
}

function madeRow(parent: Run, row: Item, state: ChildState, now: number): Operation {
  return { type: "put", item: childRow(parent, row.sk, state, now), when: asRead(row) };
}

/** As it was read: whoever has changed it meanwhile has done, or decided, something else. */
export function asRead(row: Item): Condition {
  const { state, seq } = row;
  const attributes = { state: String(state), ...(seq !== undefined && { seq }) };
  return { type: "is", attributes };
}

/** Whoever had read the row before, and would make the child, is told that it must wait. */
async function hold({ table, clock }: EngineDeps, parent: Run, row: Item): Promise<void> {
  const { dueShard: _shard, dueAt: _due, ...rest } = row;
  const item = { ...rest, state: "held", seq: parent.seq, heldAt: clock.now() };
  await table.write([{ type: "put", item, when: asRead(row) }]);
}

/** A parent that undoes what it did begins nothing: to it, the child was cancelled. */
async function neverMade(
  { table, clock }: EngineDeps,
  parent: Run,
  row: Item,
): Promise<readonly ChildEnd[]> {
  const item = childRow(parent, row.sk, "ended", clock.now());
  const { ok } = await table.write([{ type: "put", item, when: asRead(row) }]);
  return ok ? [{ child: row.sk, status: "cancelled" }] : [];
}

export async function forget({ table }: EngineDeps, row: Item): Promise<boolean> {
  const { pk, sk } = row;
  return (await table.write([{ type: "remove", key: { pk, sk }, when: asRead(row) }])).ok;
}

export function endIn({ id, status, output, error }: Run): ChildEnd {
  if (status === "succeeded") return { child: id, status, output: output ?? null };
  if (status === "failed") return { child: id, status, ...(error && { error }) };
  return { child: id, status: "cancelled" };
}
