import { instantText } from "../../kernel/duration.ts";
import { heldToken } from "../../kernel/hold.ts";
import { hasEnded, nextDue, type Run } from "../../kernel/run.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { EngineDeps } from "../deps.ts";
import type { ExplainView } from "../insight.ts";
import type { Actor, RunView, StepError, StepView, WaitingOn } from "../views.ts";
import { readRun } from "./read-run.ts";

/** Codes of errors that are a limit of the run, and not of what it calls. */
const LIMITS = new Set([
  "MAX_VISITS",
  "DEADLINE_EXCEEDED",
  "BUDGET_EXCEEDED",
  "EXPRESSION_LIMIT",
  "INPUT_TOO_LARGE",
  "OUTPUT_TOO_LARGE",
  "PREVIEW_TOO_LARGE",
]);

/** Why a run is where it is, and what would get it on, in sentences that can be read at night. */
export async function explainRun(deps: EngineDeps, key: RunKey): Promise<ExplainView | undefined> {
  const view = await readRun(deps, key);
  if (!view) return undefined;
  const { run } = await deps.log.load(key);
  const [newest] = await deps.log.readBack(key, run.seq + 1, 1);
  const told = tell(view, run, newest?.actor);
  const failed = view.steps.findLast((step) => step.error !== undefined);
  const last = view.error ?? failed?.error ?? null;
  const due = nextDue(run);
  return {
    runId: view.id,
    status: view.status,
    ...(view.phase && { phase: view.phase }),
    summary: told.summary,
    unblock: told.unblock,
    since: view.updatedAt,
    waitingOn: view.waitingOn,
    nextTimer: due === undefined ? null : instantText(due),
    limit: limitOf(view, last),
    deadline: view.deadline,
    lastError: last === null ? null : { ...last, ...(failed && { step: failed.id }) },
    running: hasEnded(run) ? [] : view.steps.filter(isRunning).map(({ id }) => id),
  };
}

function limitOf({ waitingOn }: RunView, last: StepError | null): string | null {
  const held = waitingOn.find(({ kind }) => kind === "limit")?.name;
  return held ?? (last !== null && LIMITS.has(last.code) ? last.code : null);
}

type Told = Readonly<{ summary: string; unblock: readonly string[] }>;

function tell(view: RunView, run: Run, by: Actor | undefined): Told {
  const path = `/v1/runs/${view.id}`;
  const who = by ? ` by ${by.kind} ${by.id}` : "";
  switch (view.status) {
    case "succeeded":
      return { summary: `It ended well at ${view.endedAt}.`, unblock: [] };
    case "cancelled":
      return { summary: `It was cancelled at ${view.endedAt}${who}.`, unblock: [] };
    case "failed":
      return tellFailed(view, run, path);
    case "paused": {
      const summary = `It was paused, and nothing new starts until it is resumed${calling(view)}.`;
      return { summary, unblock: [`POST ${path}/resume`] };
    }
    case "waiting":
      return {
        summary: view.waitingOn.map((wait) => waits(wait, view, run)).join(" "),
        unblock: view.waitingOn.flatMap((wait) => unblocks(wait, path)),
      };
    case "queued":
      if (view.waitingOn.length > 0) return tellHeld(view, run, path);
      return tellRunning(view, path);
    case "running":
      return tellRunning(view, path);
  }
}

/** It has not begun: by its time, or by a limit, which is named with what it counts. */
function tellHeld({ waitingOn }: RunView, run: Run, path: string): Told {
  const { hold } = heldToken(run) ?? {};
  const [wait] = waitingOn;
  if (hold?.line === undefined) {
    return {
      summary: `It does not begin before ${wait?.until}.`,
      unblock: [`Nothing: it begins by itself at ${wait?.until}.`],
    };
  }
  const max = hold.units?.find(({ name }) => name === hold.line)?.max;
  const what =
    wait?.name === "concurrency"
      ? `the concurrency of ${run.workflow.name}, of which ${max} of its key may be active`
      : `maxActiveRuns of the tenant, of which ${max} may be active`;
  const where = wait?.position === undefined ? "" : ` It is number ${wait.position} in line.`;
  return {
    summary: `It has not begun: it waits for ${what}.${where}`,
    unblock: ["Nothing: it begins when one of those ends.", `POST ${path}/cancel gives it up.`],
  };
}

function tellFailed({ error, steps, endedAt }: RunView, run: Run, path: string): Told {
  const at = error?.node === undefined ? "" : ` at ${error.node}`;
  const step = steps.findLast((one) => one.node === error?.node && one.status === "failed");
  const tries = step && step.attempt > 1 ? ` after ${step.attempt} attempts` : "";
  const summary = `It failed${at}${tries} at ${endedAt}: ${describe(error)}.`;
  if (!run.halted) {
    return { summary: `${summary} What it had done was undone.`, unblock: ["Start a new run."] };
  }
  const unblock = [
    `Mend the cause, then POST ${path}/retry: nothing that had finished is done again.`,
    `Where the workflow is wrong, publish it mended and POST ${path}/migrate before that.`,
    `GET ${path}/advice says what may be the cause.`,
  ];
  return { summary, unblock };
}

function tellRunning(view: RunView, path: string): Told {
  const phase = view.phase ? "It undoes what it did, and will then end" : undefined;
  const open = view.steps.filter(isRunning);
  if (open.length === 0 && view.waitingOn.length === 0) {
    const summary = `${phase ?? "It waits for a worker to take it up"}.`;
    return { summary, unblock: ["Nothing: a worker takes it up within a minute."] };
  }
  const lost = open.filter((step) => step.recoveries > 0);
  const again = lost.map((step) => `${step.id} was taken over ${step.recoveries} times`);
  const summary = [phase ?? "It is at work", ...again].join(", ");
  const unblock = open.map((step) => `POST ${path}/steps/${step.id}/skip gives it an output.`);
  return { summary: `${summary}${calling(view)}.`, unblock };
}

function calling({ steps }: RunView): string {
  const open = steps.filter(isRunning);
  if (open.length === 0) return "";
  const names = open.map((step) => `${step.id} (attempt ${step.attempt}, ${step.startedAt})`);
  return `; under way: ${names.slice(0, 5).join(", ")}`;
}

function isRunning({ status }: StepView): boolean {
  return status === "running";
}

function waits(wait: WaitingOn, { steps }: RunView, run: Run): string {
  const until = wait.until === undefined ? "" : ` until ${wait.until}`;
  const at = `${wait.node}`;
  switch (wait.kind) {
    case "approval": {
      const asked = run.tasks[wait.task ?? ""]?.approvers ?? [];
      const whom = asked.length === 0 ? "anybody who may" : asked.join(", ");
      const next = comes(run, wait.task);
      return `${at} waits for ${whom} to decide task ${wait.task}${until}.${next}`;
    }
    case "form":
    case "ask":
      return `${at} waits for somebody to complete task ${wait.task}${until}.${comes(run, wait.task)}`;
    case "event": {
      const key = wait.key === undefined ? "" : ` with key ${wait.key}`;
      return `${at} waits for the event ${wait.name}${key}${until}.`;
    }
    case "retry": {
      const step = steps.findLast((one) => one.id === wait.step);
      return `${at} is tried again${until.replace("until", "at")}, after ${describe(step?.error)}.`;
    }
    case "job":
      return `${at} waits for a worker to do ${wait.job} (${wait.tool})${until}.`;
    case "timer":
      return `${at} waits for the time to pass${until}.`;
    default:
      return `${at} waits for ${wait.kind}${until}.`;
  }
}

/** What happens to the task by itself, next. */
function comes(run: Run, task: string | undefined): string {
  const [next] = run.tasks[task ?? ""]?.agenda ?? [];
  if (!next) return "";
  const { action, to = [], decision } = next;
  const at = instantText(next.at);
  if (action === "decide") return ` At ${at} it is decided as ${decision}.`;
  if (action === "reassign") return ` At ${at} ${to.join(", ")} will be asked instead.`;
  return ` The next reminder goes out at ${at}.`;
}

function unblocks(wait: WaitingOn, path: string): readonly string[] {
  const skip = `POST ${path}/steps/${wait.step}/skip gives it an output.`;
  switch (wait.kind) {
    case "approval":
      return [`POST /v1/tasks/${wait.task}/decide`];
    case "form":
    case "ask":
      return [`POST /v1/tasks/${wait.task}/complete`, skip];
    case "event":
      return [`POST ${path}/signals with the name ${wait.name}`, skip];
    case "job":
      return [`A worker that polls for ${wait.tool} and completes the job.`, skip];
    case "retry":
    case "timer":
      return [`Nothing: it goes on at ${wait.until}.`, skip];
    default:
      return [skip];
  }
}

function describe(error: StepError | null | undefined): string {
  return error ? `${error.code}, ${error.message}` : "an error";
}
