import type { Json } from "../../core/kernel/json.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { documentOf, type Sketch } from "./given-sketch.ts";
import { memoryArtifacts } from "./memory-artifacts.ts";
import { memoryTable } from "./memory-table.ts";
import { PEOPLE } from "./simulation-flows.ts";
import { LEAF } from "./simulation-node-flows.ts";
import { outside } from "./simulation-outside.ts";
import { type People, people } from "./simulation-people.ts";
import { CALLER, type Process, startProcess } from "./simulation-process.ts";
import type { Chance } from "./simulation-random.ts";
import { CALM, durableTable, type Fate, type Rates, unreliableTable } from "./simulation-table.ts";
import { type Time, virtualTime } from "./simulation-time.ts";
import { type Witness, witness } from "./simulation-witness.ts";

export const START = Date.UTC(2026, 0, 1);

export type World = Readonly<{
  time: Time;
  chance: Chance;
  witness: Witness;
  people: People;
  effects: ReadonlyMap<string, unknown>;
  /** Some process that lives; a new one when all are dead. */
  alive(): Process;
  /** From now on this goes wrong; CALM is nothing at all. */
  setRates(rates: Rates): void;
  isCalm(): boolean;
  /** What will befall a write. Writes are counted from here. */
  doom(write: number, fate: Fate): void;
  writes(): number;
  crashes(): number;
}>;

export type WorldOptions = Readonly<{
  /** What tools answer, in place of something large at times. */
  answer?: (call: ToolCall) => Json;
  /** Every wake-up comes a second time, to a driver of its own. */
  isTwice?: boolean;
  /** One process at a time, whose drivers have time for any call: only a crash is taken over. */
  isPatient?: boolean;
}>;

/**
 * A table, processes that come and go, people, and a world outside; everything works at first.
 * A laptop has one process at a time; in a deployment there may be two.
 */
export function openWorld(chance: Chance, isLaptop = false, options: WorldOptions = {}): World {
  const time = virtualTime(START);
  const seen = witness();
  const durable = durableTable(memoryTable(), time, seen.saw);
  const artifacts = memoryArtifacts();
  const processes: Process[] = [];
  const maxActiveRuns = chance.happens(0.3) ? 50 : undefined;
  const doomed = new Map<number, Fate>();
  let rates = CALM;
  let crashes = 0;
  let writes = 0;
  const isCalm = () => rates === CALM;
  const trouble = () => (isCalm() ? 0 : 0.25);
  const { answer, isTwice = false, isPatient = false } = options;
  const worldly = outside({ time, chance, witness: seen, trouble, ...(answer && { answer }) });

  function open(): Process {
    let living = true;
    const isAlive = () => living;
    const die = () => {
      if (living) crashes++;
      living = false;
      time.after(chance.pick([10, 1_000, 40_000]), alive);
    };
    const fate = () => doomed.get(++writes);
    const luck = { time, chance, rates: () => rates, fate, isAlive, die };
    const made = startProcess({
      ...worldly.doors(isAlive),
      table: unreliableTable(durable, luck),
      artifacts,
      time,
      chance,
      isAlive,
      isAuthority: isLaptop,
      isPatient,
      ...(maxActiveRuns !== undefined && { maxActiveRuns }),
      // A wake-up is a hint: it comes late, twice, or never.
      onWake(key) {
        if (!isCalm() && chance.happens(0.1)) return;
        time.after(chance.whole(0, 50), () => alive().wake(key));
        if (chance.happens(0.1)) time.after(chance.whole(0, 5_000), () => alive().wake(key));
        if (isTwice) time.after(chance.whole(0, 5_000), () => alive().wake(key, true));
      },
      onFault(key) {
        if (chance.happens(0.5)) time.after(1_000, () => alive().wake(key));
      },
    });
    processes.push(made);
    return made;
  }

  function alive(): Process {
    const living = processes.filter((one) => one.isAlive());
    // Two processes at most, as while a new version takes over.
    const another = !isLaptop && !isPatient && living.length === 1 && chance.happens(0.05);
    return living.length === 0 || another ? open() : chance.pick(living.slice(-2));
  }

  return {
    time,
    chance,
    witness: seen,
    people: people({ time, chance, witness: seen, alive, isCalm }),
    effects: worldly.effects,
    alive,
    setRates(next) {
      rates = next;
    },
    isCalm,
    doom(write, fate) {
      doomed.set(writes + write, fate);
    },
    writes: () => writes,
    crashes: () => crashes,
  };
}

/** Lets time go on until the work is done. */
export async function finished<Value>(world: World, work: Promise<Value>): Promise<Value> {
  const state = { done: false };
  const mark = () => {
    state.done = true;
  };
  work.then(mark, mark);
  while (!state.done) await world.time.run(world.time.now() + 1_000);
  return work;
}

/** Publishes the workflows and registers the tools that they name. */
export async function setUp(world: World, flows: readonly Sketch[]): Promise<readonly string[]> {
  const { engine } = world.alive();
  const tool = { kind: "http", config: {} } as const;
  await finished(world, engine.tools.put(CALLER, "charge", tool));
  const approval = { approvers: [...PEOPLE] };
  await finished(world, engine.tools.put(CALLER, "ship", { ...tool, approval }));
  const once = { ...tool, delivery: "at-most-once" } as const;
  await finished(world, engine.tools.put(CALLER, "once", once));
  const leaf = await finished(world, engine.workflows.publish(CALLER, documentOf(LEAF)));
  if (!leaf.ok) throw new Error(JSON.stringify(leaf.refusal));
  const names: string[] = [];
  for (const [index, flow] of flows.entries()) {
    const document = { ...documentOf(flow), name: `flow-${index}` };
    const published = await finished(world, engine.workflows.publish(CALLER, document));
    if (!published.ok) throw new Error(JSON.stringify(published.refusal));
    names.push(document.name);
  }
  return names;
}
