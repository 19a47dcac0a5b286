import { createHash } from "node:crypto";
import type { Event } from "../../core/kernel/event.ts";
import { hasEnded } from "../../core/kernel/run.ts";
import { waitingOn } from "../../core/kernel/waiting-on.ts";
import type { Sketch } from "./given-sketch.ts";
import { checkAfter } from "./simulation-check.ts";
import { randomFlow } from "./simulation-flows.ts";
import type { Control } from "./simulation-operators.ts";
import { CALLER } from "./simulation-process.ts";
import { chanceOf } from "./simulation-random.ts";
import { CALM, type Fate, type Rates } from "./simulation-table.ts";
import { finished, openWorld, START, setUp, type World } from "./simulation-world.ts";

const MINUTE = 60_000;
/** Longer than any wait: a run that has not ended and does nothing for so long is stuck. */
const QUIET_MS_MAX = 4 * 60 * MINUTE;
/** One is enough to fail; a few more tell why. */
const VIOLATIONS_MAX = 20;

export type Simulated = Readonly<{
  seed: number;
  /** What must never happen, and did. */
  violations: readonly string[];
  runs: number;
  events: number;
  writes: number;
  crashes: number;
  calls: number;
  effects: number;
  /** Starts that took over from a worker that was lost. */
  recoveries: number;
  /** How often a failed run was retried. */
  retries: number;
  statuses: Readonly<Record<string, number>>;
  /** Codes with which runs failed. */
  codes: readonly string[];
  /** Of every commit and its instant: two histories are the same if this is. */
  digest: string;
}>;

/**
 * One history of a few random workflows, on a table and in a world that go wrong on purpose, told
 * by its seed. Then everything works again, everybody answers, and each run must come to its end.
 */
export async function simulate(seed: number): Promise<Simulated> {
  const chance = chanceOf(seed);
  const trouble: Rates = {
    before: chance.pick([0, 0.02, 0.1]),
    after: chance.pick([0, 0.02, 0.1]),
    dieBefore: chance.pick([0, 0.004, 0.02]),
    dieAfter: chance.pick([0, 0.004, 0.02]),
    slow: chance.pick([0, 0.05]),
    stale: chance.pick([0, 0.3]),
  };
  const flows = Array.from({ length: chance.whole(1, 3) }, () => randomFlow(chance));
  const isLaptop = chance.happens(0.25);
  const world = openWorld(chance, isLaptop);
  const names = await setUp(world, flows);
  // A database in the same process has no answers to lose on their way.
  world.setRates(isLaptop ? { ...trouble, after: 0, stale: 0 } : trouble);
  world.people.begin(names, chance.whole(1, 4));
  disturb(world);
  keepSweeping(world);
  await world.time.run(START + chance.whole(1, 30) * MINUTE);
  return toItsEnd(seed, world);
}

/** One run of a workflow to which nothing happens but this, at its n-th write; 0 is never. */
export async function misfortuneAt(
  sketch: Sketch,
  write: number,
  fate: Fate,
  control?: Control,
): Promise<Simulated> {
  const world = openWorld(chanceOf(1), false, { isPatient: true });
  const names = await setUp(world, [sketch]);
  const before = world.writes();
  if (write > 0) world.doom(write, fate);
  world.people.begin(names, 1);
  if (control !== undefined) world.people.order(control);
  keepSweeping(world);
  const simulated = await toItsEnd(write, world);
  return { ...simulated, writes: simulated.writes - before };
}

async function toItsEnd(seed: number, world: World): Promise<Simulated> {
  const { time, witness, people } = world;
  world.setRates(CALM);
  const { runs, violations, trace } = witness;
  const isOver = () => people.isDone() && [...runs.values()].every(hasEnded);
  let commits = -1;
  let quietSince = time.now();
  while (!isOver() && violations.length < VIOLATIONS_MAX) {
    if (commits !== trace.length) quietSince = time.now();
    commits = trace.length;
    if (time.now() - quietSince > QUIET_MS_MAX) break;
    await time.run(time.now() + 5 * MINUTE);
  }
  const writes = world.writes();
  await finished(world, checkAfter(world));
  for (const run of runs.values()) {
    if (hasEnded(run)) continue;
    const waits = JSON.stringify(waitingOn(run));
    violations.push(`${run.id} has not ended: it is ${run.status}, waiting on ${waits}`);
  }
  const all = [...runs.values()];
  return {
    seed,
    violations,
    runs: all.length,
    events: all.reduce((sum, run) => sum + run.seq, 0),
    writes,
    crashes: world.crashes(),
    calls: witness.calls.length,
    effects: world.effects.size,
    recoveries: all.flatMap(({ id }) => witness.events(id)).filter(isRecovery).length,
    retries: all.flatMap(({ id }) => witness.events(id)).filter(isRetry).length,
    statuses: countsOf(all.map(({ status }) => status)),
    codes: all.flatMap(({ error }) => error?.code ?? []),
    digest: createHash("sha256").update(trace.join("\n")).digest("hex"),
  };
}

function isRecovery(event: Event): boolean {
  return event.type === "step.started" && event.recovery !== undefined;
}

function isRetry(event: Event): boolean {
  return event.type === "run.resumed" && event.reason === "retry";
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Drivers are woken for nothing, and beside one that is there already. */
function disturb(world: World): void {
  const { time, chance, witness } = world;
  const next = () => {
    if (world.isCalm()) return;
    const runs = [...witness.runs.keys()];
    if (runs.length > 0) {
      const key = { tenant: CALLER.tenant, runId: chance.pick(runs) };
      world.alive().wake(key, chance.happens(0.5));
    }
    time.after(chance.whole(100, 20_000), next);
  };
  time.after(chance.whole(100, 5_000), next);
}

/** The sweep comes early, late and twice: what is not due yet must not fire, nor fire again. */
function keepSweeping(world: World): void {
  const { time, chance } = world;
  const next = () => {
    const ahead = world.isCalm() ? 0 : chance.pick([-5_000, 0, 0, 3_000]);
    const swept = world.alive().sweep(time.now() + ahead);
    swept.catch(() => undefined);
    time.after(world.isCalm() ? 20_000 : chance.whole(5_000, 40_000), next);
  };
  time.after(5_000, next);
}
