import { createHash } from "node:crypto";
import { cronerCalendar } from "../../adapters/calendar/croner-calendar.ts";
import { feelRules } from "../../adapters/rules/feel-rules.ts";
import { quickjsSandbox } from "../../adapters/sandbox/quickjs-sandbox.ts";
import { contentsOf } from "../../core/engine/artifacts/contents.ts";
import { createEngine, driveDeps } from "../../core/engine/create-engine.ts";
import type { EngineDeps } from "../../core/engine/deps.ts";
import { type Drive, drive } from "../../core/engine/drive.ts";
import type { Engine } from "../../core/engine/engine.ts";
import { runCache } from "../../core/engine/run-cache.ts";
import { stepPlaces } from "../../core/engine/step-places.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Table } from "../../core/ports/table.ts";
import { DUE_SHARDS } from "../../core/store/rows.ts";
import { runLog } from "../../core/store/run-log.ts";
import { toolStore } from "../../core/store/tools.ts";
import { workflowStore } from "../../core/store/workflows.ts";
import { processWatch } from "../../wiring/process-watch.ts";
import type { Chance } from "./simulation-random.ts";
import type { Time } from "./simulation-time.ts";

/** Loaded before virtual time passes: that takes real time, which a simulation does not have. */
const sandbox = quickjsSandbox({ processes: 0 });
await sandbox.problem("");

export const CALLER: Caller = { tenant: "default", role: "admin", keyId: "key_1", actsFor: true };

export type Process = Readonly<{
  engine: Engine;
  deps: EngineDeps;
  isAlive(): boolean;
  /** A driver for the run, or a poke for the one that is there; `beside` makes a second one. */
  wake(key: RunKey, beside?: boolean): void;
  /** Wakes every run whose row is due by then; `beside` as above. */
  sweep(until: number, beside?: boolean): Promise<void>;
}>;

export type ProcessOptions = Readonly<{
  table: Table;
  artifacts: Artifacts;
  time: Time;
  chance: Chance;
  tools: EngineDeps["tools"];
  models: EngineDeps["models"];
  notices: EngineDeps["notices"];
  /** Drivers have time for any call, so that none is taken over but after a crash. */
  isPatient?: boolean;
  maxActiveRuns?: number;
  /** It is the only one at a time, and believes what it remembers. */
  isAuthority: boolean;
  isAlive(): boolean;
  /** What the queue is asked to do. */
  onWake(key: RunKey): void;
  /** A driver has ended with a fault. */
  onFault(key: RunKey, error: unknown): void;
}>;

const digest = (text: string, encoding: "hex" | "base64url") =>
  createHash("sha256").update(text).digest(encoding);

/** One life of a process: all that it remembers is its own, and gone when it dies. */
export function startProcess(options: ProcessOptions): Process {
  const { table, time, chance, isAlive } = options;
  const drives = new Map<string, Set<Drive>>();
  const deps = partsOf(options);

  function wake(key: RunKey, beside = false): void {
    if (!isAlive()) return;
    const running = drives.get(key.runId) ?? new Set();
    if (running.size > 0 && !beside) {
      for (const one of running) one.poke();
      return;
    }
    const until =
      time.now() + chance.pick(options.isPatient ? [200_000] : [3_000, 20_000, 200_000]);
    const begun = drive(driveDeps(deps), key, { effectsMax: chance.pick([1, 2, 8]), until });
    drives.set(key.runId, running.add(begun));
    const ended = (error?: unknown) => {
      running.delete(begun);
      if (error !== undefined && isAlive()) options.onFault(key, error);
    };
    begun.done.then(() => ended(), ended);
  }

  async function sweep(until: number, beside = false): Promise<void> {
    for (let shard = 0; shard < DUE_SHARDS; shard++) {
      const horizon = `${String(Math.max(0, until)).padStart(15, "0")}#~`;
      const page = await table.query({ pk: `due#${shard}`, index: "due", until: horizon });
      for (const row of page.items) {
        if (row["kind"] !== "run") continue;
        wake({ tenant: String(row["tenant"]), runId: String(row["run"]) }, beside);
      }
    }
  }

  return { engine: createEngine(deps), deps, isAlive, wake, sweep };
}

function partsOf(options: ProcessOptions): EngineDeps {
  const { table, time, chance, artifacts, maxActiveRuns } = options;
  const hash = (text: string) => digest(text, "hex");
  const elapsed = () => time.now();
  return {
    table,
    hash,
    elapsed,
    clock: { now: () => Math.floor(time.now()) },
    calendar: cronerCalendar(),
    queue: { wake: (key) => options.onWake(key) },
    timers: { set: () => undefined },
    schemas: { problems: () => [], validate: () => [] },
    sandbox,
    rules: feelRules(),
    signer: { mac: async (text) => hash(text), verify: async (text, mac) => hash(text) === mac },
    notary: { sign: () => Promise.reject(new Error("no head is signed")), keys: async () => [] },
    isSignedBy: () => false,
    toolProblems: () => [],
    pause: (ms) => time.sleep(ms),
    turn: () => Promise.resolve(),
    log: runLog({
      table,
      artifacts,
      hash: (text) => digest(text, "base64url"),
      salt: () => chance.hex(),
    }),
    artifacts,
    contents: contentsOf({ table, artifacts, clock: { now: () => Math.floor(time.now()) } }),
    cache: runCache({ sizeMax: 4, isAuthority: options.isAuthority }),
    watch: processWatch(),
    workflows: workflowStore({ table, hash, elapsed }),
    toolStore: toolStore({ table, hash, elapsed }),
    tools: options.tools,
    models: options.models,
    notices: options.notices,
    randomness: { hex: () => chance.hex(), unit: () => chance.unit() },
    isSuspended: async () => false,
    places: stepPlaces(),
    stepsMaxOf: async () => undefined,
    limitsOf: async () => (maxActiveRuns === undefined ? {} : { maxActiveRuns }),
  };
}
