import type { ChildEnd } from "../kernel/command.ts";
import type { Event } from "../kernel/event.ts";
import type { Json } from "../kernel/json.ts";
import { hasEnded, isOwed, type Run } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item, Operation } from "../ports/table.ts";
import { awaitedBy, childRow } from "../store/child-rows.ts";
import { rows } from "../store/rows.ts";
import { handleDeps } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { type Handled, handle } from "./handle.ts";
import { checkStart } from "./start-run.ts";
import type { Caller, StartRequest } from "./views.ts";

const DRIVER = { kind: "system", id: "driver" } as const;
/** Children whose ends go into one commit. */
const ENDS_MAX = 20;
const PAGE = 200;

/**
 * Does what is owed between a run and its children: makes those that are to be made, tells the run
 * of those that have ended, cancels those that it awaits no more.
 *
 * Only the run's own driver does this, so ends are taken together, one commit for many. Each row
 * goes in the write by which it is done with, so whoever dies on the way leaves it to the next.
 * @returns whether the run was told something, and may go on.
 */
export async function lookAfterChildren(
  deps: EngineDeps,
  key: RunKey,
  until: number,
): Promise<boolean> {
  const { pk } = rows.child(key.tenant, key.runId, "");
  const found: Item[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await deps.table.query({ pk, limit: PAGE, ...(after !== undefined && { after }) });
    found.push(...page.items);
    after = page.items.at(-1)?.sk;
    more = page.more && after !== undefined;
  }
  if (found.length === 0) return false;
  const ends: ChildEnd[] = [];
  for (const row of found)
    if (row["state"] === "start") ends.push(...(await make(deps, key, row, until)));
  for (const row of found) {
    if (row["state"] === "started") ends.push({ child: row.sk, status: "started" });
    if (row["state"] === "ended") ends.push(await endOf(deps, key, row.sk));
  }
  const told = await tell(deps, key, ends, until);
  const cancel = found.find((row) => row["state"] === "cancel");
  if (cancel) await cancelLeft(deps, key, found, cancel, until);
  return told;
}

/** Makes a child's run, in one write with its row: where a cancel took the row, none is made. */
async function make(
  deps: EngineDeps,
  key: RunKey,
  row: Item,
  until: number,
): Promise<readonly ChildEnd[]> {
  const { tenant, runId } = key;
  const child = row.sk;
  const { run: parent } = await deps.log.load(key);
  if (!awaitedBy(parent).has(child)) {
    await forget(deps, row, "start");
    return [];
  }
  const caller: Caller = { tenant, role: "operator", keyId: "driver", actsFor: true };
  const checked = await checkStart(deps, caller, requestIn(row));
  if (!checked.ok) {
    const { code, message } = checked.refusal;
    const told = code === "WORKFLOW_NOT_FOUND" ? "CHILD_NOT_FOUND" : code;
    return [{ child, status: "refused", error: { code: told, message } }];
  }
  const isAwaited = row["mode"] !== "async";
  const { deadline, actor, depth = 0 } = parent;
  const handled = await handle(handleDeps(deps), {
    key: { tenant, runId: child },
    command: {
      type: "run.create",
      id: child,
      tenant,
      seed: deps.randomness.hex().slice(0, 20),
      input: checked.value.input,
      tags: {},
      parent: runId,
      depth: depth + 1,
      ...(isAwaited && { awaited: true }),
      ...(isAwaited && deadline !== undefined && { deadline }),
      ...(actor && { actor }),
    },
    actor: DRIVER,
    definition: checked.value.record,
    also: (events) => [madeRow(key, child, isAwaited, events, deps.clock.now())],
    until,
  });
  if (handled.type !== "accepted") return [];
  if (isOwed(handled.run, handled.at)) await deps.queue.wake({ tenant, runId: child });
  if (!isAwaited) return [{ child, status: "started" }];
  return hasEnded(handled.run) ? [endIn(handled.run)] : [];
}

function requestIn({ workflow, version, input }: Item): StartRequest {
  return {
    workflow: String(workflow),
    input: JSON.parse(String(input)) as Json,
    ...(version !== undefined && { version: Number(version) }),
  };
}

function madeRow(
  { tenant, runId }: RunKey,
  child: string,
  isAwaited: boolean,
  events: readonly Event[],
  now: number,
): Operation {
  const hasEndedNow = events.some(({ type }) => ENDS.has(type));
  const state = isAwaited ? (hasEndedNow ? "ended" : "running") : "started";
  const item = childRow({ tenant, id: runId }, child, state, now);
  return { type: "put", item, when: { type: "is", attributes: { state: "start" } } };
}

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

async function endOf(deps: EngineDeps, { tenant }: RunKey, child: string): Promise<ChildEnd> {
  const key = { tenant, runId: child };
  const known = deps.cache.isAuthority ? deps.cache.get(key) : undefined;
  const { run } = known ?? (await deps.log.load(key));
  return endIn(run);
}

function endIn({ id, status, output, error }: Run): ChildEnd {
  if (status === "succeeded") return { child: id, status, output: output ?? null };
  if (status === "failed") return { child: id, status, ...(error && { error }) };
  return { child: id, status: "cancelled" };
}

/** Tells the run, some in a commit. What it does not wait for any more, it does not ask about. */
async function tell(
  deps: EngineDeps,
  key: RunKey,
  ends: readonly ChildEnd[],
  until: number,
): Promise<boolean> {
  let told = false;
  for (let from = 0; from < ends.length; from += ENDS_MAX) {
    const some = ends.slice(from, from + ENDS_MAX);
    const command = { type: "child.end", ends: some } as const;
    const handled = await handle(handleDeps(deps), { key, command, actor: DRIVER, until });
    told ||= handled.type === "accepted" && handled.committed;
    const done = some.filter(({ child }) => !stillAwaits(handled, child));
    const removed = done.map(
      ({ child }): Operation => ({ type: "remove", key: rows.child(key.tenant, key.runId, child) }),
    );
    if (removed.length > 0) await deps.table.write(removed);
  }
  return told;
}

function stillAwaits(handled: Handled, child: string): boolean {
  return handled.type === "accepted" && awaitedBy(handled.run).has(child);
}

/** Cancels the children that the run awaits no more; those not made yet are never made. */
async function cancelLeft(
  deps: EngineDeps,
  key: RunKey,
  found: readonly Item[],
  cancel: Item,
  until: number,
): Promise<void> {
  const { run } = await deps.log.load(key);
  const awaited = awaitedBy(run);
  for (const row of found) {
    const child = row.sk;
    const state = String(row["state"]);
    if (row === cancel || state === "ended" || state === "started" || awaited.has(child)) continue;
    if (state === "start" && (await forget(deps, row, "start"))) continue;
    await handle(handleDeps(deps), {
      key: { tenant: key.tenant, runId: child },
      command: { type: "run.cancel", reason: `its parent ${key.runId} awaits it no more` },
      actor: DRIVER,
      until,
    });
    await deps.table.write([{ type: "remove", key: { pk: row.pk, sk: row.sk } }]);
  }
  // Another child may have been left meanwhile, which writes this row again.
  const when = { type: "is", attributes: { seq: Number(cancel["seq"]) } } as const;
  await deps.table.write([{ type: "remove", key: { pk: cancel.pk, sk: cancel.sk }, when }]);
}

async function forget({ table }: EngineDeps, { pk, sk }: Item, state: string): Promise<boolean> {
  const when = { type: "is", attributes: { state } } as const;
  return (await table.write([{ type: "remove", key: { pk, sk }, when }])).ok;
}
