import type { Result } from "../../core/engine/refusal.ts";
import { openEvents } from "../../core/kernel/open-events.ts";
import { hasEnded, tokensOf } from "../../core/kernel/run.ts";
import { Fault } from "../../core/ports/fault.ts";
import { EVENTS, PEOPLE } from "./simulation-flows.ts";
import { type Control, operators } from "./simulation-operators.ts";
import { CALLER, type Process } from "./simulation-process.ts";
import type { Chance } from "./simulation-random.ts";
import type { Time } from "./simulation-time.ts";
import type { Witness } from "./simulation-witness.ts";

/** What somebody was told has been done. It must be found in the log. */
export type Acknowledged = Readonly<{
  started: Map<string, string>;
  signals: Map<string, string>;
  decisions: Map<string, { run: string; by: string }>;
}>;

export type People = Readonly<{
  /** Starts runs, and begins to answer what they ask. */
  begin(workflows: readonly string[], starts: number): void;
  /** What an operator does to the first run, as soon as there is something to do it to. */
  order(control: Control): void;
  isDone(): boolean;
  acknowledged: Acknowledged;
  /** Asks until somebody answers. What is asked may have been done already. */
  insist<Value>(ask: (process: Process) => Promise<Result<Value>>): Promise<Result<Value>>;
}>;

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

type World = Readonly<{
  time: Time;
  chance: Chance;
  witness: Witness;
  alive(): Process;
  isCalm(): boolean;
}>;

/** Those who start runs, send events and decide: through the API, again until answered. */
export function people(world: World): People {
  const { time, chance, witness } = world;
  const acknowledged: Acknowledged = {
    started: new Map(),
    signals: new Map(),
    decisions: new Map(),
  };
  let starting = 0;

  /** A client that gets no answer, or one that says so, asks again, perhaps another process. */
  async function insist<Value>(
    ask: (process: Process) => Promise<Result<Value>>,
  ): Promise<Result<Value>> {
    for (;;) {
      const process = world.alive();
      const asked = ask(process).catch((error: unknown) => {
        if (error instanceof Fault) return "again" as const;
        throw error;
      });
      const patience = time.sleep(30_000).then(() => "again" as const);
      const given = await Promise.race([asked, patience]);
      if (given !== "again") return given;
      await time.sleep(chance.whole(50, 2_000));
    }
  }

  const hands = operators({ ...world, insist });

  /** Once the run has a step under way, somebody does this to it. */
  function order(control: Control): void {
    const [run] = witness.runs.values();
    if (run && (hasEnded(run) || tokensOf(run).some(({ visit }) => visit > 0))) {
      hands.give(control, run);
    } else time.after(20, () => order(control));
  }

  async function start(workflow: string, key: string): Promise<void> {
    const started = await insist(({ engine }) =>
      engine.runs.start(CALLER, { workflow, idempotencyKey: key, bodyHash: key, input: { key } }),
    );
    if (!started.ok) throw new Error(`${key} is refused: ${JSON.stringify(started.refusal)}`);
    const { id } = started.value.run;
    const before = acknowledged.started.get(key);
    if (before !== undefined && before !== id) {
      witness.violations.push(`${key} has started ${before} and ${id}`);
    }
    acknowledged.started.set(key, id);
    starting--;
  }

  async function signal(run: string, name: string, key: string | undefined): Promise<void> {
    const id = `evt-${chance.hex()}`;
    const request = { name, payload: id, id, ...(key !== undefined && { key }) };
    const given = await insist(({ engine }) => engine.runs.signal(CALLER, run, request));
    if (given.ok) acknowledged.signals.set(id, run);
    else if (!isOver(run)) {
      witness.violations.push(`${id} was refused by ${run}: ${given.refusal.code}`);
    }
  }

  function isOver(id: string): boolean {
    // What was refused then may have been retried since.
    return witness.events(id).some(({ type }) => ENDS.has(type));
  }

  function mayDecide(run: string, task: string, by: string): boolean {
    const open = witness.runs.get(run)?.tasks[task];
    return open !== undefined && !open.votes.some((vote) => vote.by === by);
  }

  async function decide(run: string, task: string): Promise<void> {
    const by = chance.pick(PEOPLE);
    const decision = world.isCalm() || chance.happens(0.7) ? "approved" : "rejected";
    const given = await insist(({ engine }) =>
      engine.tasks.decide(CALLER, task, { decision, as: by }),
    );
    if (given.ok) acknowledged.decisions.set(`${task}/${by}`, { run, by });
    else if (mayDecide(run, task, by)) {
      witness.violations.push(`${by} may decide ${task}, and was told ${given.refusal.code}`);
    }
  }

  async function complete(run: string, task: string, kind: string): Promise<void> {
    const as = chance.pick(PEOPLE);
    const data = kind === "ask" ? { response: "blue" } : { approved: true };
    const given = await insist(({ engine }) => engine.tasks.complete(CALLER, task, { data, as }));
    if (!given.ok && witness.runs.get(run)?.tasks[task]) {
      const { code } = given.refusal;
      witness.violations.push(`${as} may complete ${task}, and was told ${code}`);
    }
  }

  /** Somebody looks what is asked for, and answers some of it. */
  function answer(): void {
    for (const run of witness.runs.values()) {
      hands.look(run);
      if (hasEnded(run)) continue;
      for (const [task, { kind }] of Object.entries(run.tasks)) {
        if (!(world.isCalm() || chance.happens(0.3))) continue;
        void (kind === undefined ? decide(run.id, task) : complete(run.id, task, kind));
      }
      for (const { name, key } of openEvents(run)) {
        if (world.isCalm() || chance.happens(0.3)) void signal(run.id, name, key);
      }
      if (world.isCalm()) continue;
      if (chance.happens(0.1)) void signal(run.id, chance.pick(EVENTS), undefined);
    }
    time.after(chance.whole(5_000, 120_000), answer);
  }

  return {
    acknowledged,
    insist,
    order,
    isDone: () => starting === 0,
    begin(workflows, starts) {
      for (let n = 0; n < starts; n++) {
        const workflow = chance.pick(workflows);
        const again = chance.happens(0.4) ? 2 : 1;
        for (let times = 0; times < again; times++) {
          starting++;
          time.after(chance.whole(0, 60_000), () => void start(workflow, `start-${n}`));
        }
      }
      time.after(1_000, answer);
    },
  };
}
