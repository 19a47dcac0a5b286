import type { Engine } from "../../core/engine/engine.ts";
import type { Result } from "../../core/engine/refusal.ts";
import { hasEnded, type Run, stepOf, tokensOf } from "../../core/kernel/run.ts";
import { CALLER, type Process } from "./simulation-process.ts";
import type { Chance } from "./simulation-random.ts";
import type { Witness } from "./simulation-witness.ts";

type World = Readonly<{
  chance: Chance;
  witness: Witness;
  isCalm(): boolean;
  /** Asks until somebody answers. */
  insist<Value>(ask: (process: Process) => Promise<Result<Value>>): Promise<Result<Value>>;
}>;

/** What may be done to a run that has not ended. */
const AT_RANDOM = ["pause", "skip", "cancel", "patch", "end", "undo"] as const;
export const CONTROLS = [...AT_RANDOM, "migrate"] as const;
export type Control = (typeof CONTROLS)[number];

export type Operators = Readonly<{
  /** Looks at a run, and perhaps does something about it. */
  look(run: Run): void;
  give(control: Control, run: Run): void;
}>;

/** Refusals that are true whenever a run moves on before the operator's request comes to it. */
const TOO_LATE = new Set([
  "RUN_ENDED",
  "RUN_NOT_FAILED",
  "STEP_NOT_OPEN",
  "ANSWER_IS_APPROVAL",
  // The wait that was to begin again is over.
  "MIGRATION_BLOCKED",
]);

/**
 * Those who take runs in hand: they retry, pause, resume and cancel them, and skip or cancel steps,
 * whether that makes sense or not. When all is calm they resume what they paused, and go home.
 */
export function operators({ chance, witness, isCalm, insist }: World): Operators {
  async function then(
    run: Run,
    what: string,
    ask: (process: Process) => Promise<Result<unknown>>,
  ): Promise<void> {
    const given = await insist(ask);
    if (given.ok || TOO_LATE.has(given.refusal.code)) return;
    witness.violations.push(`${run.id} would not be ${what}: ${given.refusal.code}`);
  }

  function give(control: Control, run: Run): void {
    const { id } = run;
    const open = tokensOf(run).filter((token) => token.visit > 0);
    const step = open.length > 0 ? stepOf(chance.pick(open)) : "none.1";
    switch (control) {
      case "pause":
        return void then(run, "paused", ({ engine }) => engine.control.pause(CALLER, id, {}));
      case "skip": {
        const output = { skipped: step };
        return void then(run, "skipped", ({ engine }) =>
          engine.control.skipStep(CALLER, id, step, { output }),
        );
      }
      case "cancel":
        return void then(run, "cancelled in part", ({ engine }) =>
          engine.control.cancelStep(CALLER, id, step, {}),
        );
      case "patch": {
        const vars = { last: chance.whole(0, 9) };
        return void then(run, "patched", ({ engine }) =>
          engine.control.patch(CALLER, id, { vars }),
        );
      }
      case "migrate":
        return void then(run, "migrated", ({ engine }) => migrate(engine, run));
      case "end":
      case "undo":
        return void then(run, "cancelled", ({ engine }) =>
          engine.runs.cancel(CALLER, id, "by hand", control === "undo"),
        );
    }
  }

  /** The same graph under another title is another version; waits begin again in half of them. */
  async function migrate(engine: Engine, { id, workflow, tokens }: Run): Promise<Result<unknown>> {
    const newest = await engine.workflows.get(CALLER, workflow.name);
    if (!newest.ok) return newest;
    const document = { ...newest.value.document, title: "Another" };
    const published = await engine.workflows.publish(CALLER, document);
    if (!published.ok) return published;
    const { version } = published.value;
    const waits = Object.values(tokens).filter(({ status }) => status === "waiting");
    const reopen = chance.happens(0.5) ? waits.slice(0, 1).map(({ node }) => node) : [];
    return engine.control.migrate(CALLER, id, { version, reopen });
  }

  function look(run: Run): void {
    const { id, status } = run;
    if (status === "paused" && (isCalm() || chance.happens(0.3))) {
      void then(run, "resumed", ({ engine }) => engine.control.resume(CALLER, id));
    }
    if (isCalm()) return;
    if (status === "failed" && chance.happens(0.3)) {
      void then(run, "retried", ({ engine }) => engine.runs.retry(CALLER, id));
    }
    if (!hasEnded(run) && chance.happens(0.04)) give(chance.pick(AT_RANDOM), run);
  }

  return { look, give };
}
