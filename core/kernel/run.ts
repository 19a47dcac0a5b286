import type { ForkedFrom } from "./fork.ts";
import { type ItemScope, localName, type MapState } from "./frames.ts";
import type { Hold } from "./hold.ts";
import type { Instant, Json, JsonObject } from "./json.ts";
import type { StepResult } from "./step-result.ts";
import type { OpenTask } from "./task.ts";
import type { Signal, Wait } from "./wait.ts";

export type { StepResult } from "./step-result.ts";
export type { OpenTask, Vote } from "./task.ts";
export type { Wait } from "./wait.ts";

/** Grows when the meaning of an event changes; a fold that meets a newer one stops. */
export const LANGUAGE_VERSION = 1;

export type RunStatus =
  | "queued"
  | "running"
  | "waiting"
  | "paused"
  | "succeeded"
  | "failed"
  | "cancelled";

export type RunError = Readonly<{
  code: string;
  message: string;
  node?: string;
  attempt?: number;
  retryable?: boolean;
  cause?: Json;
}>;

export type Actor = Readonly<{ kind: string; id: string; assertedBy?: string }>;

/** Where a run is: one token per path that is still alive. */
export type Token = Readonly<{
  id: number;
  node: string;
  /**
   * ready: to be started · running: an effect was started and has no outcome · waiting: for a
   * person, an event or a time · retrying: its next attempt is due at `dueAt` · parked: at a join ·
   * mapping: the items of its map are under way · held: the run has not begun.
   */
  status: "ready" | "running" | "waiting" | "retrying" | "parked" | "mapping" | "held";
  /** 0 until the step is started. */
  visit: number;
  /** Starts of this visit, recoveries included: an outcome belongs to one of them. */
  attempt: number;
  recoveries: number;
  /** Which call of its node this is, over all visits and attempts but not recoveries. */
  call: number;
  since: Instant;
  dueAt?: Instant;
  /** The resolved input of a started effect: a driver that takes over must not evaluate again. */
  input?: Json;
  /** The idempotency key of the visit. */
  key?: string;
  wait?: Wait;
  hold?: Hold;
  /** Order of arrival at joins. */
  arrival: number;
  /** The item of a map that it is in; absent in the workflow's own graph. */
  scope?: string;
  /** The next start takes over an attempt whose worker was lost. */
  recovering?: boolean;
  /** A join that can no longer be satisfied: the token is there to carry the failure. */
  unsatisfied?: boolean;
  /** A person has approved this visit's call. */
  approved?: boolean;
  /** Its step's failure, or what came after its success, has ended the run. */
  stopped?: boolean;
  /** Attempts before the run was retried: they use up none of what it may try now. */
  spent?: number;
  /** The child of the attempt that the failure stopped: the next one takes it up again. */
  child?: string;
  /** Its step succeeded, and it could not go on; whether the step's variables are set. */
  stuck?: "assigned" | "unassigned";
  /** The step that it undoes, while the run is compensating. */
  undoes?: string;
  /** A tool is asked whether this attempt happened, and so often it was asked. */
  reconciling?: Readonly<{ attempt: number; tries: number }>;
  /** A person is asked, anew, before this visit's call. */
  gated?: boolean;
  /** The instances of counted splits that this token descends from, outermost first. */
  forks?: readonly Fork[];
  /** The newest visit of each node on this token's own path; absent while there is one path. */
  seen?: Readonly<Record<string, number>>;
}>;

export type Fork = Readonly<{ split: string; instance: number }>;

/** How a run will end that is compensating: failed with the error, else cancelled. */
export type Undoing = Readonly<{ error?: RunError; reason?: string }>;

/** What a failed run had under way, kept so that a retry can let it go on. */
export type Halted = Readonly<
  Pick<Run, "tokens" | "joins" | "signals" | "scopes" | "maps" | "undo">
>;

/** Everything that decisions need, and no more: history is in the log. */
export type Run = Readonly<{
  id: string;
  tenant: string;
  workflow: Readonly<{ name: string; version: number; hash: string }>;
  status: RunStatus;
  /** The newest event's number; 0 before the first. */
  seq: number;
  at: Instant;
  createdAt: Instant;
  endedAt?: Instant;
  /** Random, and part of every idempotency key. */
  seed: string;
  input: Json;
  vars: JsonObject;
  tags: Readonly<Record<string, string>>;
  actor?: Actor;
  parent?: string;
  /** It began where that run stood. */
  forkedFrom?: ForkedFrom;
  /** How many runs are above it. */
  depth?: number;
  /** Its parent waits for its end. */
  awaited?: boolean;
  /** How many children it has started. */
  children?: number;
  /** It was paused with its parent, and goes on with it. */
  pausedWithParent?: boolean;
  deadline?: Instant;
  priority?: number;
  units?: readonly string[];
  /** The types of events that its own callback hears of. */
  callback?: readonly string[];
  tokens: Readonly<Record<string, Token>>;
  tokensMade: number;
  arrivals: number;
  visits: Readonly<Record<string, number>>;
  calls: Readonly<Record<string, number>>;
  results: Readonly<Record<string, readonly StepResult[]>>;
  /** Counting joins by `node#instance`: how many arrived, and whether it has fired. */
  joins: Readonly<Record<string, Readonly<{ arrived: number; fired: boolean }>>>;
  /** Items of maps that are under way, by scope; and the maps, by step. Absent without a map. */
  scopes?: Readonly<Record<string, ItemScope>>;
  maps?: Readonly<Record<string, MapState>>;
  tasks: Readonly<Record<string, OpenTask>>;
  signals: readonly Signal[];
  signalsReceived: number;
  signalIds: readonly string[];
  /** Output of the step whose token ended last. */
  lastOutput?: Json;
  output?: Json;
  error?: RunError;
  halted?: Halted;
  /** Steps that succeeded and can be undone, oldest first, and by which node. */
  undo?: readonly Readonly<{ node: string; visit: number; by: string }>[];
  /** It is compensating, and will then end so. */
  undoing?: Undoing;
  /** Visits of steps. */
  steps?: number;
  cost: number;
  /** What it had cost when it ended before: it was retried since. */
  costTold?: number;
  usage: Usage;
}>;

export type Usage = Readonly<{ inputTokens: number; outputTokens: number; totalTokens: number }>;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** The value that every run begins as. */
export function unstarted(tenant: string, id: string): Run {
  return {
    id,
    tenant,
    workflow: { name: "", version: 0, hash: "" },
    status: "queued",
    seq: 0,
    at: 0,
    createdAt: 0,
    seed: "",
    input: null,
    vars: {},
    tags: {},
    tokens: {},
    tokensMade: 0,
    arrivals: 0,
    visits: {},
    calls: {},
    results: {},
    joins: {},
    tasks: {},
    signals: [],
    signalsReceived: 0,
    signalIds: [],
    cost: 0,
    usage: NO_USAGE,
  };
}

export function hasEnded(run: Run): boolean {
  return run.status === "succeeded" || run.status === "failed" || run.status === "cancelled";
}

/** A step by the scope that it is in, its node and its visit. */
export function stepId(node: string, visit: number, scope?: string): string {
  return scope === undefined ? `${node}.${visit}` : `${scope}.${localName(node)}.${visit}`;
}

export function stepOf({ node, visit, scope }: Token): string {
  return stepId(node, visit, scope);
}

/** Names one start of one visit: what a driver calls, and what an outcome belongs to. */
export function startName({ id, node, visit, attempt }: Token): string {
  return `${id}:${node}.${visit}:${attempt}`;
}

/** Live tokens, oldest first. */
export function tokensOf({ tokens }: Run): readonly Token[] {
  // A decision asks this of one run many times in a row.
  if (tokens !== listed.tokens) listed = { tokens, list: Object.values(tokens) };
  return listed.list;
}

let listed: Readonly<{ tokens: Run["tokens"]; list: readonly Token[] }> = { tokens: {}, list: [] };

/** When something in the run is due by itself, whoever is or is not driving it. */
export function nextDue(run: Run): Instant | undefined {
  // While a run is paused its times pass, and are looked at when it goes on.
  if (hasEnded(run) || run.status === "paused") return undefined;
  let due = run.undoing ? undefined : run.deadline;
  for (const token of tokensOf(run)) {
    if (token.dueAt !== undefined && (due === undefined || token.dueAt < due)) due = token.dueAt;
  }
  return due;
}

/** Whether a driver has something to do at `now`: an effect to start, or one to find out about. */
export function isOwed(run: Run, now: Instant): boolean {
  if (hasEnded(run) || run.status === "paused") return false;
  const tokens = tokensOf(run);
  // One that is over but for its end, which no commit had the room for.
  if (tokens.length === 0) return run.seq > 0;
  return tokens.some(
    (token) =>
      token.status === "ready" ||
      token.status === "running" ||
      (token.dueAt !== undefined && token.dueAt <= now),
  );
}
