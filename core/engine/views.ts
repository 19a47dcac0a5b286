import type { Json, JsonObject } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";
import type { CallbackRequest } from "./fan-out/callback-request.ts";
import type { Rate } from "./start-rate.ts";

/** Who asks. Made by the door from the key; tenants never come from a body. */
export type Caller = Readonly<{
  tenant: string;
  role: "admin" | "operator" | "approver" | "viewer" | "worker";
  keyId: string;
  /** The address that this key is bound to. */
  person?: string | undefined;
  /** May name another person with `as`, or another actor. Always true for an admin. */
  actsFor: boolean;
  /** Only these workflows exist for it; all of the tenant's where absent. */
  workflows?: readonly string[] | undefined;
  /** Its tenant is suspended: it may only read. */
  suspended?: boolean | undefined;
}>;

export type Actor = Readonly<{ kind: string; id: string; assertedBy?: string }>;

export type Paging = Readonly<{ limit: number; cursor?: string | undefined }>;
/** `nextCursor` is opaque: the door hands it back as it was. */
export type Listing<T> = Readonly<{ data: readonly T[]; nextCursor: string | null }>;

export type PublishedView = Readonly<{
  name: string;
  version: number;
  hash: string;
  /** False when the same document was already the newest version. */
  created: boolean;
  warnings?: readonly Problem[];
}>;

export type ImportedView = Readonly<{
  document: JsonObject;
  warnings: readonly Problem[];
  /** Absent when nothing was to be published. */
  published?: Omit<PublishedView, "warnings">;
  /** Tools that the document describes itself, and the translation calls. */
  tools?: readonly Omit<ToolView, "updatedAt">[];
}>;

export type WorkflowSummary = Readonly<{
  name: string;
  version: number;
  hash: string;
  title?: string;
  description?: string;
  createdAt: string;
}>;
export type WorkflowView = WorkflowSummary & Readonly<{ document: JsonObject }>;

export type StartRequest = Readonly<{
  workflow: string;
  version?: number | undefined;
  input?: Json | undefined;
  id?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  deadline?: string | undefined;
  /** An instant before which it does not begin. */
  startAt?: string | undefined;
  /** In a line for a limit, the highest goes first; 0 unless said. */
  priority?: number | undefined;
  callback?: CallbackRequest | undefined;
  actor?: { kind: string; id: string } | undefined;
  idempotencyKey?: string | undefined;
  /** Hash of the body as it was sent, to tell a repeat from a reuse of its key. */
  bodyHash?: string | undefined;
}>;
export type Started = Readonly<{
  run: RunView;
  replayed: boolean;
  /** What is left of the tenant's starts, where they are limited. */
  rate?: Rate;
}>;

export type WaitingOn = Readonly<{
  kind:
    | "approval"
    | "form"
    | "ask"
    | "event"
    | "timer"
    | "child"
    | "job"
    | "limit"
    | "budget"
    | "retry";
  since: string;
  until?: string;
  node?: string;
  step?: string;
  task?: string;
  name?: string;
  key?: string;
  /** In the line of a limit; 1 is next. */
  position?: number;
  run?: string;
  job?: string;
  tool?: string;
  attempt?: number;
}>;

export type StepError = Readonly<{
  code: string;
  message: string;
  node?: string;
  attempt?: number;
  retryable?: boolean;
  cause?: Json;
}>;

export type UsageView = Readonly<{
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}>;

export type StepView = Readonly<{
  id: string;
  node: string;
  type: string;
  status:
    | "pending"
    | "running"
    | "waiting"
    | "retrying"
    | "succeeded"
    | "failed"
    | "unknown"
    | "skipped"
    | "cancelled";
  visit: number;
  attempt: number;
  recoveries: number;
  scope: string;
  startedAt: string | null;
  endedAt: string | null;
  nextAttemptAt?: string;
  idempotencyKey?: string;
  input?: Json;
  output?: Json;
  error?: StepError;
  /** One entry per failed attempt, oldest first. */
  attempts: readonly { attempt: number; startedAt: string; endedAt?: string; error?: StepError }[];
  cost: number;
  usage?: UsageView;
}>;

export type RunView = Readonly<{
  id: string;
  status: "queued" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "cancelled";
  workflow: string;
  version: number;
  hash: string;
  input: Json;
  output: Json;
  error: StepError | null;
  phase?: "compensating";
  vars: JsonObject;
  waitingOn: readonly WaitingOn[];
  steps: readonly StepView[];
  cost: number;
  usage: UsageView;
  tags: Readonly<Record<string, string>>;
  actor: Actor | null;
  parent: string | null;
  /** The run, and the event of it, that it began from. */
  forkedFrom: Readonly<{ run: string; seq: number }> | null;
  deadline: string | null;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
  seq: number;
}>;

/** What lists show of a run. */
export type RunSummary = Pick<
  RunView,
  | "id"
  | "status"
  | "workflow"
  | "version"
  | "tags"
  | "parent"
  | "createdAt"
  | "updatedAt"
  | "endedAt"
> &
  Readonly<{ waitingOn: readonly WaitingOn[] }>;

export type EventView = Readonly<{
  id: string;
  runId: string;
  seq: number;
  type: string;
  at: string;
  actor: Actor;
  data: JsonObject;
}>;

export type SignalRequest = Readonly<{
  name: string;
  key?: string | undefined;
  payload?: Json | undefined;
  id?: string | undefined;
}>;

/** `delivered` counts the runs that took it; `buffered` is true when there was none. */
export type EventSent = Readonly<{ id: string; delivered: number; buffered: boolean }>;

export type {
  AssignRequest,
  CompleteRequest,
  DecideRequest,
  DecisionView,
  LinkView,
  TaskView,
} from "./task-views.ts";

export type ToolView = Readonly<{
  name: string;
  kind: string;
  description?: string;
  inputSchema?: JsonObject;
  outputSchema?: JsonObject;
  config?: JsonObject;
  delivery?: "at-least-once" | "at-most-once";
  approval?: { approvers: readonly string[]; quorum?: number };
  updatedAt?: string;
}>;
