import { advance } from "./advance.ts";
import type { Command } from "./command.ts";
import { type Decision, type Needs, reject } from "./decision.ts";
import { assignTask, completeTask } from "./decisions/answer-task.ts";
import { type Refused, receiveSignal, respond } from "./decisions/answer-waits.ts";
import { cancelStep, patchVars, pauseRun, resumeRun, skipStep } from "./decisions/control-run.ts";
import { createRun } from "./decisions/create-run.ts";
import { decideTask } from "./decisions/decide-task.ts";
import { endChildren } from "./decisions/end-children.ts";
import { admitRun, lineRun } from "./decisions/hold-run.ts";
import { migrateRun } from "./decisions/migrate-run.ts";
import { retryRun } from "./decisions/retry-run.ts";
import { loseJob, settleJob } from "./decisions/settle-job.ts";
import { settleSteps } from "./decisions/settle-steps.ts";
import { type Context, type Draft, newDraft } from "./draft.ts";
import { cancelRun } from "./end-run.ts";
import { NeedsMore } from "./needs.ts";
import { hasEnded, type Run } from "./run.ts";

/**
 * What would happen if this command were given now. Nothing has happened yet: see `handle`.
 *
 * It awaits nothing but JSONata, which knows no other way: no clock, no chance, no I/O.
 */
export async function decide(
  run: Run,
  command: Command,
  context: Context,
): Promise<Decision | Needs> {
  if (command.type === "run.create") {
    if (run.seq > 0) return reject("run_exists");
  } else if (run.seq === 0) return reject("run_not_found");
  else if (hasEnded(run) && !takesWhenEnded(run, command)) {
    return reject(command.type.startsWith("task.") ? "task_closed" : "run_ended");
  }
  const draft = newDraft(run, context);
  const refused = await apply(draft, command).catch(needsOf);
  if (refused && "need" in refused) return refused;
  if (refused) return reject(refused.reason, refused.data);
  const { events, at, artifacts } = draft;
  const large = artifacts.size > 0 ? { artifacts } : {};
  return { type: "accepted", events, run: draft.run, at, ...large };
}

function needsOf(error: unknown): Needs {
  if (error instanceof NeedsMore) return { type: "needs", need: error.need };
  throw error;
}

/**
 * A failed run can be mended; what a call came to is recorded, though nobody waits for it; and who
 * sends a signal again, because no answer came, is told that it was received.
 */
function takesWhenEnded({ status, signalIds }: Run, command: Command): boolean {
  if (command.type === "step.settle") return command.outcomes.length > 0;
  if (command.type === "run.signal" && command.id !== undefined) {
    return signalIds.includes(command.id);
  }
  const mends = command.type === "vars.patch" || command.type === "run.migrate";
  return command.type === "run.retry" || (mends && status === "failed");
}

async function apply(draft: Draft, command: Command): Promise<Refused | undefined> {
  if (isOfTask(command)) return applyToTask(draft, command);
  switch (command.type) {
    case "run.create":
      return createRun(draft, command).then(noRefusal);
    case "run.admit":
      return admitRun(draft);
    case "run.line":
      return lineRun(draft, command);
    case "run.advance":
      return advance(draft, command.driver).then(noRefusal);
    case "step.settle":
      await settleSteps(draft, command);
      await advance(draft, command.driver);
      return undefined;
    case "job.settle":
      return thenAdvance(draft, await settleJob(draft, command));
    case "job.lose":
      return thenAdvance(draft, await loseJob(draft, command));
    case "child.end":
      return thenAdvance(draft, await endChildren(draft, command).then(noRefusal));
    case "run.signal":
      return thenAdvance(draft, await receiveSignal(draft, command));
    case "run.respond":
      return thenAdvance(draft, await respond(draft, command));
    case "run.pause":
      return pauseRun(draft, command);
    case "run.resume":
      return resumeRun(draft, command);
    case "run.migrate":
      return migrateRun(draft, command);
    case "vars.patch":
      return patchVars(draft, command);
    case "step.skip":
      return thenAdvance(draft, await skipStep(draft, command));
    case "step.cancel":
      return thenAdvance(draft, await cancelStep(draft, command));
    case "run.retry":
      return retryRun(draft, command);
    case "run.cancel":
      cancelRun(draft, command.reason, command.compensate === true);
      if (!hasEnded(draft.run)) await advance(draft, undefined);
      return undefined;
  }
}

type OfTask = Extract<Command, { type: `task.${string}` }>;

function isOfTask(command: Command): command is OfTask {
  return command.type.startsWith("task.");
}

async function applyToTask(draft: Draft, command: OfTask): Promise<Refused | undefined> {
  switch (command.type) {
    case "task.complete":
      return thenAdvance(draft, await completeTask(draft, command));
    case "task.decide":
      return thenAdvance(draft, await decideTask(draft, command));
    case "task.claim":
    case "task.release":
    case "task.reassign":
      return assignTask(draft, command);
  }
}

function noRefusal(): undefined {
  return undefined;
}

async function thenAdvance(
  draft: Draft,
  refused: Refused | undefined,
): Promise<Refused | undefined> {
  if (!refused && draft.events.length > 0) await advance(draft, undefined);
  return refused;
}
