import type { CommandOf } from "../../kernel/command.ts";
import type { Event } from "../../kernel/event.ts";
import { type Hold, heldToken, type Unit } from "../../kernel/hold.ts";
import type { Actor } from "../../kernel/run.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Operation } from "../../ports/table.ts";
import { rows } from "../../store/rows.ts";
import { handleDeps } from "../contexts.ts";
import { API_TIME_MS, type EngineDeps } from "../deps.ts";
import { type Handled, handle, type Pinned } from "../handle.ts";
import { isLimitRefusal, takenUnits } from "../limits.ts";
import { admitFrom, announceLine, firstIn, fullOf } from "./admit.ts";
import type { Wanted } from "./groups.ts";
import { type Pace, paceOf, wasOvertaken } from "./pace.ts";

export type Beginning = Readonly<{
  key: RunKey;
  command: Omit<CommandOf<"run.create">, "units" | "hold">;
  actor: Actor;
  definition: Pinned;
  wanted: Wanted;
  also: (events: readonly Event[]) => readonly Operation[];
  /** Until when, on `elapsed`, to try; as long as a request may take unless said. */
  until?: number;
}>;

/** `full`: a limit has no room, and the run is not to wait for it. Nothing was written then. */
export type Begun = Handled | Readonly<{ type: "full"; unit: Unit }>;

/** Others may be as fast with the same limit so often before it is told as a fault. */
const TRIES_MAX = 50;
const SYSTEM = { kind: "system", id: "limits" } as const;

/**
 * Makes a run: it begins at once, or is held until its time, or until a limit has room for it.
 *
 * Units are taken and given back in the commits that begin and end a run, so no crash can come in
 * between. A line is announced before anybody stands in it: see `announceLine`.
 */
export async function beginRun(deps: EngineDeps, beginning: Beginning): Promise<Begun> {
  const { key, wanted } = beginning;
  const { tenant, runId } = key;
  let full: Unit | undefined;
  for (let tries = 0; ; tries++) {
    const pace = await paceOf(deps.table, tenant, runId, wanted, deps.clock.now());
    const hold = await holdOf(deps, tenant, wanted, pace, full);
    if (hold?.line !== undefined) await announceLine(handleDeps(deps), tenant, hold.line);
    const handled = await create(deps, beginning, pace, hold);
    if (handled.type === "accepted") {
      await afterwards(deps, key, hold, pace);
      return handled;
    }
    if (handled.type !== "refused" || tries === TRIES_MAX) return handled;
    if (wasOvertaken(tenant, handled.refused)) continue;
    if (!isLimitRefusal(handled.refused)) return handled;
    full = await fullOf(deps.table, tenant, wanted.units);
    if (!full && wanted.onLimit === "reject") return handled;
    if (!full || wanted.onLimit === "queue") continue;
    const mayMakeRoom = wanted.onLimit === "cancelOldest" && full.name === wanted.own?.name;
    if (!mayMakeRoom || !(await cancelOldest(deps, tenant, full))) {
      return { type: "full", unit: full };
    }
  }
}

/** Why it is not to begin at once; nobody goes before those who stand in a line already. */
async function holdOf(
  deps: EngineDeps,
  tenant: string,
  { units, onLimit }: Wanted,
  { notBefore }: Pace,
  full: Unit | undefined,
): Promise<Hold | undefined> {
  const needs = units.length > 0 ? { units } : {};
  if (notBefore !== undefined) return { until: notBefore, ...needs };
  if (onLimit !== "queue") return undefined;
  if (full) return { line: full.name, ...needs };
  for (const { name } of units) {
    if (await firstIn(deps.table, tenant, name)) return { line: name, ...needs };
  }
  return undefined;
}

function create(
  deps: EngineDeps,
  { key, command, actor, definition, wanted, also, until }: Beginning,
  pace: Pace,
  hold: Hold | undefined,
): Promise<Handled> {
  const { tenant, runId } = key;
  const now = deps.clock.now();
  const taken = hold ? [] : wanted.units;
  const names = taken.map(({ name }) => name);
  return handle(handleDeps(deps), {
    key,
    command: { ...command, ...(names.length > 0 && { units: names }), ...(hold && { hold }) },
    actor,
    definition,
    also: (events) => [
      ...takenUnits(tenant, runId, taken, events, now),
      ...pace.operations,
      ...also(events),
    ],
    until: until ?? deps.elapsed() + API_TIME_MS,
  });
}

/** Room may have come up while it took its place; and a debounced run gives way to this one. */
async function afterwards(
  deps: EngineDeps,
  { tenant, runId }: RunKey,
  hold: Hold | undefined,
  { superseded }: Pace,
): Promise<void> {
  if (hold?.line !== undefined) await admitFrom(handleDeps(deps), tenant, hold.line);
  if (superseded === undefined) return;
  const before = { tenant, runId: superseded };
  const { run } = await deps.log.load(before);
  // One that has begun goes on: it was quiet for long enough.
  if (!heldToken(run)) return;
  await cancel(deps, before, `debounced: ${runId} came after it`);
}

/** Ends the run that has held a unit for longest; false when nobody holds one. */
async function cancelOldest(deps: EngineDeps, tenant: string, { name }: Unit): Promise<boolean> {
  const { pk } = rows.unit(tenant, name, "");
  const { items } = await deps.table.query({ pk, limit: 1_000 });
  const oldest = items.toSorted((a, b) => Number(a["at"] ?? 0) - Number(b["at"] ?? 0))[0];
  if (!oldest) return false;
  await cancel(deps, { tenant, runId: oldest.sk }, "a newer run took its place");
  return true;
}

async function cancel(deps: EngineDeps, key: RunKey, reason: string): Promise<void> {
  const until = deps.elapsed() + API_TIME_MS;
  const command = { type: "run.cancel", reason } as const;
  await handle(handleDeps(deps), { key, command, actor: SYSTEM, until });
}
