import { instantText } from "./duration.ts";
import type { Event, EventOf } from "./event.ts";
import { migrated } from "./evolve-migrate.ts";
import { halted, revived } from "./evolve-revive.ts";
import {
  failed,
  reconciled,
  retries,
  started,
  succeeded,
  unknown,
  waits,
  withToken,
} from "./evolve-steps.ts";
import { isOfTask, ofTask } from "./evolve-tasks.ts";
import { forked } from "./fork.ts";
import { type Hold, type HoldEvent, ofHold } from "./hold.ts";
import type { Instant } from "./json.ts";
import { applyMoves } from "./moves.ts";
import { withPart } from "./open-events.ts";
import { type Run, type Token, unstarted } from "./run.ts";
import { undoing } from "./undo.ts";

/** How many ids of signals are remembered to drop repeats. */
const SIGNAL_IDS_MAX = 1_000;

/**
 * The run after an event that happened at `at`. Evaluates nothing and refuses nothing: what is in
 * the log has happened.
 */
export function evolve(before: Run, event: Event, at: Instant): Run {
  const run: Run = { ...before, seq: before.seq + 1, at };
  if (isOfTask(event)) return ofTask(run, event);
  if (event.type === "run.admitted" || event.type === "run.lined") return ofHold(run, event, at);
  switch (event.type) {
    case "run.created":
    case "run.running":
    case "run.waiting":
    case "run.succeeded":
    case "run.failed":
    case "run.cancelled":
    case "run.resumed":
    case "run.paused":
    case "vars.patched":
      return ofRun(run, event, at);
    case "run.migrated":
      return migrated(run, event);
    case "run.forked":
      return forked(run, event);
    case "step.started":
      return started(run, event, at);
    case "step.succeeded":
    case "step.skipped":
      return succeeded(run, event);
    case "step.failed":
      return failed(run, event);
    case "step.retrying":
      return retries(run, event, at);
    case "step.waiting":
      return waits(run, event, at);
    // Mostly the token went with the event that caused this; a result is only what completed.
    case "step.cancelled":
      return applyMoves(run, event.moves ?? []);
    case "step.unknown":
      return unknown(run, event, at);
    case "tool.returned":
      return event.reconciled === undefined ? run : reconciled(run, event);
    case "child.ended":
    case "timer.set":
      return run;
    case "timer.fired":
      return fired(run, event, at);
    case "child.started":
      return event.again ? run : { ...run, children: (run.children ?? 0) + 1 };
    case "signal.received":
      return signalled(run, event);
  }
}

function fired(run: Run, { token, part }: EventOf<"timer.fired">, at: Instant): Run {
  if (part === undefined) return run;
  return withToken(run, token, (one) => withPart(one, part, { firedAt: instantText(at) }));
}

type OfRun = Exclude<
  Extract<Event, { type: `run.${string}` | `vars.${string}` }>,
  HoldEvent | { type: "run.migrated" | "run.forked" }
>;

function ofRun(run: Run, event: OfRun, at: Instant): Run {
  switch (event.type) {
    case "run.created":
      return created(run, event, at);
    case "run.running":
      if (event.phase === undefined) return { ...run, status: "running" };
      return applyMoves(undoing(run, event), event.moves ?? []);
    case "run.waiting":
      return { ...run, status: "waiting" };
    case "run.succeeded":
      return { ...ended(run, at), status: "succeeded", output: event.output };
    case "run.failed":
      return failedRun(run, event, at);
    case "run.cancelled":
      return { ...ended(run, at), status: "cancelled" };
    case "run.resumed":
      return event.reason === "retry" ? revived(run, event) : { ...going(run), status: "running" };
    case "run.paused":
      return {
        ...going(run),
        status: "paused",
        ...(event.withParent && { pausedWithParent: true }),
      };
    case "vars.patched":
      return { ...run, vars: { ...run.vars, ...event.vars } };
  }
}

function created(run: Run, event: EventOf<"run.created">, at: Instant): Run {
  const token: Token = {
    id: 1,
    node: event.start,
    ...begun(event.hold),
    visit: 0,
    attempt: 0,
    recoveries: 0,
    call: 0,
    since: at,
    arrival: 0,
  };
  return {
    ...unstarted(event.tenant, event.id),
    workflow: event.workflow,
    seq: run.seq,
    at,
    createdAt: at,
    seed: event.seed,
    input: event.input,
    vars: event.vars,
    tags: event.tags,
    ...(event.actor && { actor: event.actor }),
    ...(event.parent !== undefined && { parent: event.parent }),
    ...(event.depth !== undefined && { depth: event.depth }),
    ...(event.awaited !== undefined && { awaited: event.awaited }),
    ...(event.deadline !== undefined && { deadline: event.deadline }),
    ...(event.units && { units: event.units }),
    ...(event.priority !== undefined && { priority: event.priority }),
    ...(event.callback && { callback: event.callback.types }),
    tokens: { "1": token },
    tokensMade: 1,
  };
}

function begun(hold: Hold | undefined): Pick<Token, "status" | "hold" | "dueAt"> {
  if (!hold) return { status: "ready" };
  const { until } = hold;
  return { status: "held", hold, ...(until !== undefined && { dueAt: until }) };
}

/** What was undone cannot be taken up again where it failed. */
function failedRun(run: Run, { error }: EventOf<"run.failed">, at: Instant): Run {
  const over = run.undoing ? ended(run, at) : halted(run, ended(run, at));
  return { ...over, status: "failed", error };
}

function going({ pausedWithParent: _paused, ...run }: Run): Run {
  return run;
}

function ended(run: Run, at: Instant): Run {
  const { scopes: _scopes, maps: _maps, undo: _undo, undoing: _undoing, ...rest } = going(run);
  const told = run.cost > 0 ? { costTold: run.cost } : {};
  return { ...rest, ...told, endedAt: at, tokens: {}, tasks: {}, signals: [], joins: {} };
}

function signalled(run: Run, event: EventOf<"signal.received">): Run {
  const n = run.signalsReceived + 1;
  const { name, key, payload, id } = event;
  const signal = {
    n,
    name,
    payload,
    ...(key !== undefined && { key }),
    ...(id !== undefined && { id }),
  };
  const { token, part } = event;
  const given =
    token === undefined || part === undefined
      ? run
      : withToken(run, token, (one) => withPart(one, part, payload));
  return {
    ...given,
    signalsReceived: n,
    signals: event.step === undefined ? [...run.signals, signal] : run.signals,
    signalIds: id === undefined ? run.signalIds : [...run.signalIds, id].slice(-SIGNAL_IDS_MAX),
  };
}
