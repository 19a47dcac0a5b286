import { isDeepStrictEqual } from "node:util";
import { evolve } from "../../core/kernel/evolve.ts";
import { type Run, unstarted } from "../../core/kernel/run.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { rows } from "../../core/store/rows.ts";
import { CALLER, type Process } from "./simulation-process.ts";
import type { World } from "./simulation-world.ts";

/** When all is over: what is stored is held against what was seen, and what people were told. */
export async function checkAfter(world: World): Promise<void> {
  const { witness, people } = world;
  const process = world.alive();
  const { started, signals, decisions } = people.acknowledged;
  const blame = (text: string) => void witness.violations.push(text);

  for (const [key, run] of started) {
    if (!witness.runs.has(run)) blame(`${run}, acknowledged for ${key}, is lost`);
  }
  const asked = [...witness.runs.values()].filter(({ parent }) => parent === undefined);
  if (asked.length > started.size) blame("more runs were started than were asked for");
  for (const [id, run] of signals) {
    const received = witness.events(run).filter((event) => "id" in event && event.id === id);
    if (received.length !== 1) blame(`${id} of ${run} was received ${received.length} times`);
  }
  for (const [name, { run, by }] of decisions) {
    const votes = witness
      .events(run)
      .filter((event) => event.type === "task.decided" && event.vote.by === by);
    if (votes.length === 0) blame(`${name} was acknowledged and is not in the log`);
  }
  for (const run of witness.runs.values()) {
    const key = { tenant: run.tenant, runId: run.id };
    await checkRun(process, key, run, blame);
    checkEvents(world, run, blame);
    checkUndone(world, run, blame);
  }
  await checkUnits(process, blame);
}

async function checkRun(
  { deps, engine }: Process,
  key: RunKey,
  run: Run,
  blame: (text: string) => void,
): Promise<void> {
  const verified = await engine.runs.verify(CALLER, run.id);
  if (!verified.ok || !verified.value.ok) blame(`${run.id}: ${JSON.stringify(verified)}`);

  let replayed = unstarted(run.tenant, run.id);
  for (let after = 0, more = true; more; ) {
    const page = await deps.log.read(key, after, 50);
    for (const { events = [], at, seq } of page.commits) {
      if (seq <= after) continue;
      for (const event of events) replayed = evolve(replayed, event, at);
      after = seq + events.length - 1;
    }
    more = page.more;
  }
  const loaded = await deps.log.load(key);
  if (!isDeepStrictEqual(replayed, run)) blame(`${run.id}: the log folds to another run`);
  if (!isDeepStrictEqual(loaded.run, run)) blame(`${run.id}: loading gives another run`);
  const cached = deps.cache.get(key);
  if (cached && cached.run.seq === run.seq && !isDeepStrictEqual(cached.run, run)) {
    blame(`${run.id}: what is remembered is not what is stored`);
  }
  await checkRows({ deps, engine }, key, run, blame);
}

async function checkRows(
  { deps, engine }: Pick<Process, "deps" | "engine">,
  { tenant, runId }: RunKey,
  run: Run,
  blame: (text: string) => void,
): Promise<void> {
  const head = await deps.table.get(rows.head(tenant, runId));
  if (head?.["status"] !== run.status) {
    blame(`${runId} is ${run.status}, and its row says ${String(head?.["status"])}`);
  }
  const shown = await engine.runs.get(CALLER, runId);
  if (!shown.ok || shown.value.status !== run.status) blame(`${runId} is shown as something else`);
  const tasks = await engine.tasks.list(CALLER, { run: runId, status: "open" }, { limit: 100 });
  if (tasks.data.length > 0) blame(`${runId} has ended and has open tasks`);
  const filter = { run: runId, status: "open", kind: "step" } as const;
  const letters = await engine.deadLetters.list(CALLER, filter, { limit: 100 });
  const open = letters.ok ? letters.value.data.length : -1;
  const wanted = run.status === "failed" ? 1 : 0;
  if (open !== wanted) {
    blame(`${runId} has ${run.status}, and has ${open} open dead letters`);
  }
}

/** Waits are consumed once, and steps that may happen at most once were never repeated unasked. */
function checkEvents({ witness }: World, run: Run, blame: (text: string) => void): void {
  const consumed = new Set<number>();
  const decided = new Set<string>();
  const unknown = new Set<string>();
  const once = new Set<string>();
  for (const event of witness.events(run.id)) {
    if (event.type === "step.succeeded" && event.signal !== undefined) {
      if (consumed.has(event.signal)) blame(`${run.id}: signal ${event.signal} was taken twice`);
      consumed.add(event.signal);
    }
    if (event.type === "task.decided" && event.settled) {
      if (decided.has(event.task)) blame(`${run.id}: ${event.task} was settled twice`);
      decided.add(event.task);
    }
    if (event.type === "step.unknown") unknown.add(event.step);
    if (event.type !== "step.started") continue;
    if (event.tool === "once") once.add(event.step);
    if (event.recovery !== undefined && once.has(event.step) && !unknown.has(event.step)) {
      blame(`${run.id}: ${event.step} was repeated, and may happen only once`);
    }
  }
}

/** A run that undid what it did has undone each step once, the last one first. */
function checkUndone({ witness }: World, run: Run, blame: (text: string) => void): void {
  const events = witness.events(run.id);
  const begins = events.findIndex((event) => event.type === "run.running" && event.phase);
  if (begins < 0) return;
  const done = events.flatMap((event, index) =>
    event.type === "step.succeeded" && event.compensate !== undefined ? [{ event, index }] : [],
  );
  const undone = events.flatMap((event) =>
    event.type === "step.started" && event.undoes !== undefined && event.attempt === 1
      ? [event.undoes]
      : [],
  );
  const wanted = done.map(({ event }) => event.step).toReversed();
  if (!isDeepStrictEqual(undone, wanted)) {
    blame(`${run.id} should have undone ${wanted.join()}, and has undone ${undone.join()}`);
  }
}

/** Rule 7: nobody holds a unit any more. */
async function checkUnits({ deps }: Process, blame: (text: string) => void): Promise<void> {
  const counter = await deps.table.get(rows.counter(CALLER.tenant, "activeRuns"));
  const count = counter?.["count"] ?? 0;
  if (count !== 0) blame(`${String(count)} units of active runs were never given back`);
  const units = await deps.table.query({ pk: rows.unit(CALLER.tenant, "activeRuns", "x").pk });
  if (units.items.length > 0) blame(`${units.items.length} rows of units are left`);
}
