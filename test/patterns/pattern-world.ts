import type { Engine } from "../../core/engine/engine.ts";
import type { Result } from "../../core/engine/refusal.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { hasEnded, isOwed, type Run, tokensOf } from "../../core/kernel/run.ts";
import { type Example, type Stage, tell, valueOf } from "../docs/workflow-examples.ts";
import { checkAfter } from "../support/simulation-check.ts";
import { CALLER } from "../support/simulation-process.ts";
import { chanceOf } from "../support/simulation-random.ts";
import type { Fate } from "../support/simulation-table.ts";
import { finished, openWorld, type World } from "../support/simulation-world.ts";

/** What befalls a story: nothing, a death at its n-th write, or everything twice. */
export type Mode = Readonly<{ seed?: number; write?: number; fate?: Fate; isTwice?: boolean }>;

export type Played = Readonly<{
  /** What is not as it was told, and promises that were broken. */
  wrong: readonly unknown[];
  writes: number;
  crashes: number;
  /** What all of it came to: the same for each mode. */
  outcome: Outcome;
}>;

export type Outcome = Readonly<{
  runs: readonly string[];
  /** One for each idempotency key: what the other side was asked to do. */
  effects: readonly string[];
}>;

const SWEEP_MS = 20_000;
/** Twice over there was nothing to do: whoever was to come back is back, and has swept. */
const QUIET_SWEEPS = 2;
const SWEEPS_MAX = 500;

/** Tells a story in a world of processes that come and go, and looks at what is left of it. */
export async function playIn(example: Example, mode: Mode = {}): Promise<Played> {
  const { seed = 1, write = 0, fate = "throttle", isTwice = false } = mode;
  const world = openWorld(chanceOf(seed), false, { answer: ({ input }) => input, isTwice });
  await setUp(world, example.document);
  const before = world.writes();
  if (write > 0) world.doom(write, fate);
  const stage = stageIn(world, isTwice);
  const { runs, wrong } = await tell(example, stage);
  const writes = world.writes() - before;
  for (const [index, run] of runs.entries()) world.people.acknowledged.started.set(`${index}`, run);
  await finished(world, checkAfter(world));
  return {
    wrong: [...wrong, ...world.witness.violations],
    writes,
    crashes: world.crashes(),
    outcome: outcomeOf(world),
  };
}

async function setUp(world: World, document: JsonObject): Promise<void> {
  const { engine } = world.alive();
  const tool = { kind: "http", config: {} } as const;
  await finished(world, engine.tools.put(CALLER, "echo", tool));
  valueOf(await finished(world, engine.workflows.publish(CALLER, document)));
}

function stageIn(world: World, isTwice: boolean): Stage {
  const { people, time } = world;
  async function ask<Value>(request: (engine: Engine) => Promise<Result<Value>>): Promise<Value> {
    const once = people.insist(({ engine }) => request(engine));
    const again = isTwice ? people.insist(({ engine }) => request(engine)) : once;
    const [first, second] = await finished(world, Promise.all([once, again]));
    valueOf(second);
    return valueOf(first);
  }
  return {
    isOrdered: false,
    ask,
    async give(request) {
      let asked = 0;
      const given = await finished(
        world,
        people.insist(({ engine }) => {
          asked++;
          return request(engine);
        }),
      );
      // Who asks again after a crash may hear that it was done before.
      if (asked === 1) valueOf(given);
    },
    later: (ms) => time.run(time.now() + ms),
    async rest() {
      let quiet = 0;
      for (let sweeps = 0; quiet < QUIET_SWEEPS; sweeps++) {
        if (sweeps > SWEEPS_MAX) throw new Error("it never comes to rest");
        for (const beside of isTwice ? [false, true] : [false]) {
          world
            .alive()
            .sweep(time.now(), beside)
            .catch(() => undefined);
        }
        await time.run(time.now() + SWEEP_MS);
        quiet = isQuiet(world) ? quiet + 1 : 0;
      }
    },
  };
}

/** No run can go on by itself now. */
function isQuiet({ witness, time }: World): boolean {
  return [...witness.runs.values()].every((run) => {
    if (hasEnded(run)) return true;
    if (isOwed(run, time.now())) return false;
    return !tokensOf(run).some(({ status, wait }) => {
      if (status === "retrying") return true;
      const child = wait?.kind === "child" ? witness.runs.get(wait.run) : undefined;
      return wait?.kind === "child" && (!child || hasEnded(child));
    });
  });
}

function outcomeOf({ witness, effects }: World): Outcome {
  const runs = [...witness.runs.values()].map((run) => summaryOf(run, stepsOf(run, witness)));
  const made = [...effects.values()].map((effect) => JSON.stringify(effect));
  return { runs: runs.toSorted(), effects: made.toSorted() };
}

/** The run without what is random: its id, its times, the order of what goes on side by side. */
function summaryOf({ status, output, error, parent }: Run, steps: readonly string[]): string {
  const { code = null } = error ?? {};
  const isChild = parent !== undefined;
  return JSON.stringify({ status, output, code, isChild, steps });
}

function stepsOf({ id }: Run, { events }: World["witness"]): readonly string[] {
  const names = events(id).flatMap((event) => {
    if (!event.type.startsWith("step.") || !("step" in event)) return [];
    // What is repeated after a crash is the same attempt, taken over.
    if (event.type === "step.retrying" || event.type === "step.waiting") return [];
    return [`${event.type} ${event.step}`];
  });
  return [...new Set(names)].toSorted();
}
