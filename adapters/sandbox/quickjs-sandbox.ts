import type { Json } from "../../core/kernel/json.ts";
import type { Sandbox, ScriptResult } from "../../core/ports/sandbox.ts";
import { childMachine } from "./child-machine.ts";
import { type Done, type Machine, quickjsMachine, type Work } from "./quickjs-machine.ts";

export type SandboxOptions = Readonly<{
  /** How many processes run scripts; with none they run in this one, and nothing else does. */
  processes: number;
  /** Other than GRACE_MS. */
  graceMs?: number;
}>;

/** Beyond a script's own time, of its process's work: what the machine may take besides. */
const GRACE_MS = 15_000;
const CHECK_MS_MAX = 1_000;

/** One script that waits for its turn. */
type Job = Readonly<{ work: Work; settle: (done: Promise<Done>) => void }>;

/**
 * QuickJS, compiled to WebAssembly: what a script does stays in 32 MiB that are its own.
 *
 * One tenant has one process at most as long as there are others, and tenants take turns, so
 * nobody's endless loop keeps more than itself waiting.
 */
export function quickjsSandbox({ processes, graceMs = GRACE_MS }: SandboxOptions): Sandbox {
  const free: Machine[] = Array.from({ length: Math.max(1, processes) }, () =>
    processes === 0 ? inTurn(quickjsMachine()) : childMachine(graceMs),
  );
  const lines = new Map<string, Job[]>();
  const busy = new Set<string>();

  function next(): void {
    for (const [tenant, line] of lines) {
      const [job] = line;
      if (!job || busy.has(tenant)) continue;
      const machine = free.pop();
      if (!machine) return;
      line.shift();
      // To the end of the round.
      lines.delete(tenant);
      if (line.length > 0) lines.set(tenant, line);
      busy.add(tenant);
      const done = machine.run(job.work).finally(() => {
        free.push(machine);
        busy.delete(tenant);
        next();
      });
      job.settle(done);
    }
  }

  function enter(tenant: string, work: Work): Promise<Done> {
    return new Promise((settle) => {
      const job = { work, settle };
      const line = lines.get(tenant);
      if (line) line.push(job);
      else lines.set(tenant, [job]);
      next();
    });
  }

  return {
    async run({ tenant, code, input, timeoutMs }): Promise<ScriptResult> {
      const done = await enter(tenant, { code, input: JSON.stringify(input), timeoutMs });
      return done.ok ? { ok: true, output: JSON.parse(done.output) as Json } : done;
    },

    async problem(code) {
      const done = await enter("", { code, input: "", timeoutMs: CHECK_MS_MAX });
      return done.ok ? undefined : done.message;
    },
  };
}

/** A machine that is given one script at a time, whoever asks. */
function inTurn(machine: Machine): Machine {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const done = turn.then(() => machine.run(work));
      turn = done.catch(() => undefined);
      return done;
    },
  };
}
