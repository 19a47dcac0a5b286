import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event, Move } from "../../core/kernel/event.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import { hasEnded, tokensOf, unstarted } from "../../core/kernel/run.ts";
import { type Sketch } from "../support/given-sketch.ts";
import { EVENTS, PEOPLE, randomFlow } from "../support/simulation-flows.ts";
import { type Chance, chanceOf } from "../support/simulation-random.ts";
import { failureOf, outcomeOf, type Story, story } from "./story.ts";

const TOOLS = {
  charge: { hash: "h1" },
  ship: { hash: "h2", approval: { approvers: [...PEOPLE], quorum: 1 } },
  once: { hash: "h3", delivery: "at-most-once" },
} as const;
const STEPS_MAX = 60;
/** Enough for every wait, retry and approval of a run that nothing goes wrong with any more. */
const CALM_STEPS_MAX = 2_000;

/** One thing that may happen to a run, whether it makes sense just now or not. */
async function something(tale: Story, chance: Chance): Promise<void> {
  const running = tokensOf(tale.run).filter(({ status }) => status === "running");
  const token = running.length > 0 ? chance.pick(running) : undefined;
  switch (chance.whole(0, 9)) {
    case 0:
      return tale.crashes();
    case 1:
      return void (await tale.signal(chance.pick(EVENTS), chance.whole(0, 9), {
        ...(chance.happens(0.5) && { key: "run-1" }),
        ...(chance.happens(0.3) && { id: `evt-${chance.whole(0, 3)}` }),
      }));
    case 2: {
      const decision = chance.happens(0.7) ? "approved" : "rejected";
      return void (await tale.decides(decision, chance.pick([...PEOPLE, "eve@example.com"])));
    }
    case 3:
      return tale.passes(chance.pick([0, 1, 1_500, 60_000, 3_600_000]));
    case 4:
      return void (await tale.tell({ type: "run.respond", body: "answer" }));
    case 5: {
      if (!token) return;
      const old = { ...token, attempt: token.attempt + chance.whole(-1, 1) };
      return tale.settle(outcomeOf(old, "perhaps late"));
    }
    case 6:
      if (token) await tale.settle(randomFailure(chance, token));
      return;
    case 7:
      if (chance.happens(0.03)) await tale.cancels("by chance");
      return;
    default:
      if (token) await tale.settle(outcomeOf(token, chance.whole(0, 9)));
  }
}

function randomFailure(chance: Chance, token: Parameters<typeof failureOf>[0]) {
  const retryable = chance.happens(0.7);
  const lost = chance.happens(0.3);
  return failureOf(token, chance.pick(["HTTP_503", "HTTP_404", "TIMEOUT"]), { retryable, lost });
}

/** Nothing goes wrong any more, and everybody answers: then a run comes to an end. */
async function calm(tale: Story): Promise<void> {
  for (let steps = 0; steps < CALM_STEPS_MAX && !hasEnded(tale.run); steps++) {
    const { run } = tale;
    const running = tokensOf(run).filter(({ status }) => status === "running");
    const wait = tokensOf(run).find((token) => token.wait?.kind === "event")?.wait;
    if (running.length > 0) await tale.settle(...running.map((token) => outcomeOf(token, 1)));
    else if (Object.keys(run.tasks).length > 0) {
      for (const person of PEOPLE) await tale.decides("approved", person);
    } else if (wait?.kind === "event") {
      await tale.signal(wait.name, null, wait.key === undefined ? {} : { key: wait.key });
    } else await tale.passes(3_600_000);
  }
}

const seeds = fc.integer({ min: 0, max: 0x7fffffff });
const toldBy = async (seed: number, steps = STEPS_MAX): Promise<[Story, Sketch]> => {
  const chance = chanceOf(seed);
  const sketch = randomFlow(chance);
  const tale = await story(sketch, { tools: TOOLS, input: { n: chance.whole(0, 9) } });
  for (let n = 0; n < steps && !hasEnded(tale.run); n++) await something(tale, chance);
  return [tale, sketch];
};

/** The tokens alive after the moves, by a count of its own; a token is moved while alive. */
function aliveAfter(alive: Set<number>, used: Set<number>, move: Move): void {
  const mustLive = (id: number) => {
    if (!alive.has(id)) throw new Error(`token ${id} is moved after its end: ${move.op}`);
  };
  switch (move.op) {
    case "go":
      return mustLive(move.token);
    case "fork":
      mustLive(move.from);
      if (used.has(move.token)) throw new Error(`token ${move.token} is made twice`);
      used.add(move.token);
      alive.add(move.token);
      return;
    case "merge":
      for (const id of move.tokens) mustLive(id);
      for (const id of move.tokens) if (id !== move.into) alive.delete(id);
      return;
    case "end":
      for (const id of move.tokens) mustLive(id);
      for (const id of move.tokens) alive.delete(id);
      return;
    case "again":
      throw new Error("nothing is retried here");
    case "undo":
    case "enter":
      if (used.has(move.token)) throw new Error(`token ${move.token} is made twice`);
      used.add(move.token);
      alive.add(move.token);
      return;
    case "count":
    case "leave":
    case "settle":
  }
}

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);
const movesOf = (event: Event): readonly Move[] => ("moves" in event ? (event.moves ?? []) : []);

// Each commit of a story is checked as well: see `checkCommit` there.
describe("any run of any workflow", () => {
  test("ends when everybody answers, however it went before", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed);
        await calm(tale);
        expect(hasEnded(tale.run), JSON.stringify(tale.run.tokens)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  }, 120_000);

  test("folds from its whole log to the run that it is", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed);
        const stored = JSON.parse(JSON.stringify(tale.log)) as typeof tale.log;
        let run = unstarted("acme", "run-1");
        for (const { at, events } of stored) {
          for (const event of events) run = evolve(run, event, at);
        }
        expect(run).toStrictEqual(tale.run);
      }),
      { numRuns: 60 },
    );
  });

  test("loses no token and moves none after its end", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed);
        await calm(tale);
        const alive = new Set([1]);
        const used = new Set([1]);
        for (const event of tale.events()) {
          if (event.type === "run.running" && event.phase) {
            // Only what is awaited is left; all else is gone at once.
            for (const id of alive) if (!event.awaits?.includes(id)) alive.delete(id);
          }
          for (const move of movesOf(event)) aliveAfter(alive, used, move);
          if (ENDS.has(event.type)) alive.clear();
        }
        expect([...alive].toSorted((a, b) => a - b)).toEqual(
          tokensOf(tale.run).map(({ id }) => id),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("runs a join once for one set of arrivals", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale, { nodes }] = await toldBy(seed);
        await calm(tale);
        const joins = new Set(
          nodes.filter(({ join }) => join !== undefined && join !== "any").map(({ id }) => id),
        );
        // A merge lets one token run the join once; the next run needs the next merge.
        const merged = new Map<number, number>();
        const wrong: string[] = [];
        for (const event of tale.events()) {
          if (event.type === "step.started" && event.attempt === 1 && joins.has(event.node)) {
            const merges = (merged.get(event.token) ?? 0) - 1;
            if (merges !== 0) wrong.push(`${event.step} runs after ${merges + 1} merges`);
            merged.set(event.token, merges);
          }
          for (const move of movesOf(event)) {
            if (move.op !== "merge" || move.unsatisfied) continue;
            merged.set(move.into, (merged.get(move.into) ?? 0) + 1);
          }
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test("numbers the visits of each node from 1 without a gap, and gives each a key of its own", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed);
        const visits = new Map<string, number>();
        const stepsOf = new Map<string, string>();
        for (const { step, key = step, node, visit } of tale.of("step.started")) {
          expect(stepsOf.get(key) ?? step).toBe(step);
          stepsOf.set(key, step);
          const known = visits.get(node) ?? 0;
          expect(visit).toBeLessThanOrEqual(known + 1);
          visits.set(node, Math.max(known, visit));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("starts each attempt once, and takes one outcome of each visit", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed);
        await calm(tale);
        const ended = [...tale.of("step.succeeded"), ...tale.of("step.failed")];
        // A call that waited for a person is started again, as the attempt that it is.
        const started = tale.of("step.started").filter(({ kind }) => kind !== "tool");
        for (const names of [
          ended.map(({ step }) => step),
          started.map(({ step, attempt }) => `${step}:${attempt}`),
        ]) {
          expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("changes nothing when it refuses, and accepts nothing when it has ended", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const [tale] = await toldBy(seed, 20);
        const before = tale.run;
        const refused = await tale.give({
          type: "task.decide",
          task: "none",
          decision: "approved",
          by: "ada",
          via: "api",
        });
        expect(refused.type).toBe("rejected");
        expect(tale.run).toBe(before);
        await calm(tale);
        const last = tale.run;
        await something(tale, chanceOf(seed));
        expect(tale.run).toBe(last);
      }),
      { numRuns: 60 },
    );
  });

  test("that is cancelled ends there and then, wherever it was", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 0, max: 25 }), async (seed, steps) => {
        const [tale] = await toldBy(seed, steps);
        fc.pre(!hasEnded(tale.run) && !tale.run.undoing);
        const open = Object.keys(tale.run.tasks).length;
        const closed = tale.of("task.cancelled").length;
        await tale.cancels();
        expect(tale.run.status).toBe("cancelled");
        expect(tale.of("task.cancelled").length - closed).toBe(open);
      }),
      { numRuns: 60 },
    );
  });
});
