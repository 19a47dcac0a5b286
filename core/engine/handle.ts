import type { Command } from "../kernel/command.ts";
import { decide } from "../kernel/decide.ts";
import type { Decision } from "../kernel/decision.ts";
import type { Context } from "../kernel/draft.ts";
import type { Event } from "../kernel/event.ts";
import { isSettled } from "../kernel/hold.ts";
import { type Actor, hasEnded, nextDue, type Run } from "../kernel/run.ts";
import type { Clock } from "../ports/clock.ts";
import { Fault } from "../ports/fault.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Queue, RunKey } from "../ports/queue.ts";
import type { Operation, Refused, Table } from "../ports/table.ts";
import type { Timers } from "../ports/timers.ts";
import type { Watch } from "../ports/watch.ts";
import { leadsChildren, leavesChildren } from "../store/child-rows.ts";
import type { Committed, RunLog } from "../store/run-log.ts";
import { rowsBeside } from "../store/run-rows.ts";
import type { Loaded } from "../store/run-snapshot.ts";
import { opensEventWait, takeEarly } from "./events/early-events.ts";
import type { FairGate } from "./fair-gate.ts";
import { foundNeeds, type NeedDeps } from "./find-needs.ts";
import { jobTopics } from "./job-topic.ts";
import { ROWS_MAX, rowsTouched, writeRest } from "./rows-touched.ts";
import type { RunCache } from "./run-cache.ts";

export type HandleDeps = NeedDeps &
  Readonly<{
    table: Table;
    log: RunLog;
    cache: RunCache;
    clock: Clock;
    watch: Watch;
    metrics?: Metrics;
    timers: Timers;
    queue: Queue;
    /** Tools and the compiled workflow, by what the run has pinned. */
    contextOf(tenant: string, pinned: Pinned): Promise<Omit<Context, "now">>;
    /** A random id: how a commit whose answer was lost is recognised. */
    commitId(): string;
    /** Lets time pass between tries; injected so that a simulation can skip it. */
    pause(ms: number): Promise<void>;
    /** Spreads tries, in [0, 1). */
    chance(): number;
    /** Where one process works for many tenants, they take turns. */
    gate?: FairGate;
    /** Units of limits were given back: whoever waits for them may begin. */
    freed?(tenant: string, units: readonly string[]): Promise<void>;
    /** Real milliseconds, for how long to try: the clock that runs live by may be virtual. */
    elapsed(): number;
  }>;

/** The context is what the decision was made with: a driver calls exactly the tools it names. */
export type Handled =
  | (Extract<Decision, { type: "accepted" }> &
      Readonly<{ context: Omit<Context, "now"> | undefined; committed: boolean }>)
  | Extract<Decision, { type: "rejected" }>
  /** A row that goes with this command refused it; see `also`. */
  | Readonly<{ type: "refused"; refused: readonly Refused[] }>;

/** The definition that a run keeps for its whole life. */
export type Pinned = Readonly<{ name: string; version: number }>;

export type Given = Readonly<{
  key: RunKey;
  command: Command;
  actor: Actor;
  /** The definition to use for a run that does not exist yet. */
  definition?: Pinned;
  /** The version that it is to be migrated to. */
  target?: Pinned;
  /** Rows that belong to the command: units of limits, claimed names. */
  also?: (events: readonly Event[]) => readonly Operation[];
  /** Until when, on `elapsed`, a lost or throttled write is tried again. */
  until: number;
}>;

/**
 * Give a command to a run: load, decide, commit. The only path by which a run changes.
 *
 * A lost race decides again, on what the winner left, because the old answer may no longer be
 * right. A write that failed is offered again under its own id: if it had happened after all, the
 * log says so. Neither is ever given up after a number of tries, only when the caller's time ends.
 */
export async function handle(deps: HandleDeps, given: Given): Promise<Handled> {
  const handled = await handleOnce(deps, given);
  if (handled.type !== "accepted" || !handled.committed) return handled;
  if (!opensEventWait(handled.events)) return handled;
  return takeEarly(deps, given, handled, (more) => handleOnce(deps, more));
}

/** `handle`, but for events of the tenant that came before the run waited for them. */
export async function handleOnce(deps: HandleDeps, given: Given): Promise<Handled> {
  const handled = await inTurn(deps, given);
  if (handled.type !== "accepted" || !handled.committed) return handled;
  const { units } = handled.run;
  // Whoever waits for a unit takes a turn of its own, so nothing waits for a turn inside of one.
  if (units && hasEnded(handled.run)) await deps.freed?.(given.key.tenant, units);
  return handled;
}

async function inTurn(deps: HandleDeps, given: Given): Promise<Handled> {
  await deps.gate?.enter(given.key.tenant);
  try {
    return await handleInside(deps, given);
  } finally {
    deps.gate?.leave();
  }
}

async function handleInside(deps: HandleDeps, given: Given): Promise<Handled> {
  const { key, command } = given;
  let cached = deps.cache.get(key);
  // A start expects no run; if there is one after all, the condition on its commit tells.
  if (!cached && command.type === "run.create") cached = deps.log.nothing(key);
  await deps.contents.adopt(key, command);
  const needs = foundNeeds(deps, key);
  for (let tries = 0; ; tries++) {
    const base = cached ?? (await deps.log.load(key));
    const pinned = base.run.seq === 0 ? given.definition : base.run.workflow;
    if (pinned === undefined) return { type: "rejected", reason: "run_not_found" };
    const context = await deps.contextOf(key.tenant, pinned);
    const target = given.target && (await deps.contextOf(key.tenant, given.target));
    const { found, artifact } = needs;
    const at = { ...context, target, found, artifact, now: needs.now() };
    const decision = await decide(base.run, command, at);
    if (decision.type === "needs") {
      await needs.find(decision.need);
      tries--;
      continue;
    }
    if (decision.type === "rejected") {
      // What is remembered may be old, and a refusal must be true.
      const isTrue = !cached || (deps.cache.isAuthority && command.type !== "run.create");
      if (isTrue) return decision;
      cached = undefined;
      continue;
    }
    if (decision.events.length === 0) {
      // And so must be that nothing is to be done: nobody else would do it.
      if (cached && !deps.cache.isAuthority) {
        cached = undefined;
        continue;
      }
      deps.cache.put(key, base);
      return { ...decision, context, committed: false };
    }
    const committed = await commit(deps, given, base, decision).catch((error: unknown) => {
      // Nobody knows whether it happened: what is remembered may be old.
      deps.cache.forget(key);
      throw error;
    });
    if (committed.type === "refused") return committed;
    if (committed.type === "won") {
      deps.cache.put(key, committed.loaded);
      await tell(deps, key, base.run, decision);
      return { ...decision, context, committed: true };
    }
    deps.cache.forget(key);
    cached = undefined;
    needs.later();
    await waitTurn(deps, given, tries, undefined);
  }
}

/** Who waits for what has just been committed hears of it. None of it is lost with the process. */
async function tell(
  deps: HandleDeps,
  key: RunKey,
  before: Run,
  decision: Extract<Decision, { type: "accepted" }>,
): Promise<void> {
  const { run, events, at } = decision;
  deps.metrics?.committed(before, events, at);
  deps.watch.committed(key, isSettled(run));
  for (const topic of jobTopics(key.tenant, events)) deps.watch.committed(topic, false);
  await setTimer(deps, key, before, run);
  await wakeFamily(deps, before, decision);
}

async function commit(
  deps: HandleDeps,
  given: Given,
  base: Loaded,
  decision: Extract<Decision, { type: "accepted" }>,
): Promise<Committed> {
  const { key, actor } = given;
  const id = deps.commitId();
  const next = { run: decision.run, events: decision.events, at: decision.at, actor };
  const beside = rowsBeside(
    base.run,
    decision.run,
    decision.events,
    await rowsTouched(deps.table, key, base.run, decision),
    actor,
  );
  const large = await deps.contents.keep(key, decision.artifacts);
  const also = [...(given.also?.(decision.events) ?? []), ...beside, ...large];
  for (let tries = 0; ; tries++) {
    try {
      const result = await deps.log.commit(key, base, next, also.slice(0, ROWS_MAX), id);
      if (result.type === "won") await writeRest(deps.table, also.slice(ROWS_MAX));
      return result;
    } catch (error) {
      if (!(error instanceof Fault) || !error.retryable) throw error;
      await waitTurn(deps, given, tries, error);
    }
  }
}

/** The row in the `due` index is already written; a timer only makes what is due punctual. */
async function setTimer({ timers }: HandleDeps, key: RunKey, before: Run, after: Run) {
  const due = nextDue(after);
  if (due !== undefined && due !== nextDue(before)) await timers.set(key, due);
}

/** Who has a child that ended, or children that it left or leads, looks after them. */
async function wakeFamily(
  { queue }: HandleDeps,
  before: Run,
  { run, events }: Extract<Decision, { type: "accepted" }>,
): Promise<void> {
  const { tenant, id: runId, parent, awaited } = run;
  if (awaited && parent !== undefined && hasEnded(run)) await queue.wake({ tenant, runId: parent });
  if (leavesChildren(before, run, events) || leadsChildren(before, run)) {
    await queue.wake({ tenant, runId });
  }
}

const PAUSE_MS_MAX = 1_000;

async function waitTurn(
  deps: HandleDeps,
  { key, command, until }: Given,
  tries: number,
  cause: unknown,
): Promise<void> {
  if (deps.elapsed() >= until) {
    const message = `run ${key.runId} could not take ${command.type} in the time that it had`;
    throw new Fault(message, { retryable: true, cause });
  }
  if (tries === 0 && cause === undefined) return;
  await deps.pause(deps.chance() * Math.min(PAUSE_MS_MAX, 5 * 2 ** Math.min(tries, 10)));
}
