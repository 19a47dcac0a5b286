import { instantText } from "../../kernel/duration.ts";
import type { Event, EventOf } from "../../kernel/event.ts";
import { scopeAround } from "../../kernel/frames.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Run } from "../../kernel/run.ts";
import type { Commit } from "../../store/commit.ts";
import type { StepError, StepView } from "../views.ts";

type Attempt = { attempt: number; startedAt: string; endedAt?: string; error?: StepError };
type Draft = { -readonly [Name in keyof StepView]: StepView[Name] } & {
  attempts: Attempt[];
  token: number;
};

/** The steps that commits tell of, in the order in which they began. */
export function stepViews(commits: readonly Commit[], run: Run): readonly StepView[] {
  const steps = new Map<string, Draft>();
  for (const { events, at } of commits) {
    for (const event of events ?? []) apply(steps, event, at);
  }
  return [...steps.values()].map((step) => {
    const { token, ...shown } = step;
    const key = run.tokens[token]?.key;
    return key !== undefined && shown.idempotencyKey === undefined
      ? { ...shown, idempotencyKey: key }
      : shown;
  });
}

function apply(steps: Map<string, Draft>, event: Event, at: Instant): void {
  const time = instantText(at);
  switch (event.type) {
    case "step.started":
      return started(steps, event, time);
    case "step.succeeded": {
      const step = stepOf(steps, event, time);
      Object.assign(step, { status: "succeeded", endedAt: time, output: event.output });
      step.cost += event.cost ?? 0;
      if (event.usage) step.usage = event.usage;
      return close(step, event.attempt, time);
    }
    case "step.failed": {
      const step = stepOf(steps, event, time);
      Object.assign(step, { status: "failed", endedAt: time, error: event.error });
      return close(step, event.attempt, time, event.error);
    }
    case "step.retrying": {
      const step = stepOf(steps, event, time);
      Object.assign(step, { status: "retrying", nextAttemptAt: instantText(event.at) });
      step.error = event.error;
      return close(step, event.attempt, time, event.error);
    }
    case "step.waiting":
      stepOf(steps, event, time).status = "waiting";
      return;
    case "step.unknown":
      stepOf(steps, event, time).status = "unknown";
      return;
    case "step.skipped": {
      const step = stepOf(steps, event, time);
      Object.assign(step, { status: "skipped", endedAt: time, output: event.output });
      return close(step, event.attempt, time);
    }
    case "step.cancelled":
      Object.assign(stepOf(steps, event, time), { status: "cancelled", endedAt: time });
      return;
    default:
      return;
  }
}

function started(steps: Map<string, Draft>, event: EventOf<"step.started">, time: string): void {
  const step = stepOf(steps, event, time);
  const { attempt, recovery, input, key, kind } = event;
  step.type = kind;
  if (event.reconciles !== undefined) step.status = "unknown";
  else step.status = "running";
  step.attempt = attempt;
  step.startedAt ??= time;
  delete step.nextAttemptAt;
  if (recovery !== undefined) step.recoveries = recovery;
  if (input !== undefined) step.input = input;
  if (key !== undefined) step.idempotencyKey = key;
  // An attempt of which no outcome is on record ended when another took its place.
  const last = step.attempts.at(-1);
  if (last && last.endedAt === undefined && last.attempt !== attempt) last.endedAt = time;
  if (last?.attempt !== attempt && event.reconciles === undefined)
    step.attempts.push({ attempt, startedAt: time });
}

function close(step: Draft, attempt: number, time: string, error?: StepError): void {
  const made = step.attempts.find((entry) => entry.attempt === attempt);
  if (!made) return;
  made.endedAt = time;
  if (error) made.error = error;
}

function stepOf(
  steps: Map<string, Draft>,
  event: { step: string; node: string; visit: number; token: number },
  time: string,
): Draft {
  const known = steps.get(event.step);
  if (known) return known;
  const step: Draft = {
    id: event.step,
    node: event.node,
    type: "",
    status: "pending",
    visit: event.visit,
    attempt: 0,
    recoveries: 0,
    scope: scopeAround(event.step) ?? "",
    startedAt: null,
    endedAt: null,
    attempts: [],
    cost: 0,
    token: event.token,
  };
  step.startedAt = time;
  steps.set(event.step, step);
  return step;
}
