import type { Json, JsonObject } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";
import type { CallbackRequest } from "./fan-out/callback-request.ts";

/** Who asks. Made by the door from the key; tenants never come from a body. */
export type Caller = Readonly<{
  tenant: string;
  role: "admin" | "operator" | "approver" | "viewer" | "worker";
  keyId: string;
  /** The address that this key is bound to. */
  person?: string | undefined;
  /** May name another person with `as`, or another actor. Always true for an admin. */
  actsFor: boolean;
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
  callback?: CallbackRequest | undefined;
  actor?: { kind: string; id: string } | undefined;
  idempotencyKey?: string | undefined;
  /** Hash of the body as it was sent, to tell a repeat from a reuse of its key. */
  bodyHash?: string | undefined;
}>;
export type Started = Readonly<{ run: RunView; replayed: boolean }>;

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

export type DecisionView = Readonly<{
  decision: string;
  by: string;
  via: "api" | "email";
  assertedBy?: string;
  comment?: string;
  edits?: Json;
  at: string;
}>;

export type TaskView = Readonly<{
  id: string;
  runId: string;
  workflow: string;
  node: string;
  kind: "approval" | "form" | "ask";
  status: "open" | "claimed" | "done" | "expired" | "cancelled";
  title: string;
  description: string | null;
  preview: Json;
  /** sha256 of what is decided upon; a `decide` that names another digest is refused. */
  digest: string;
  options: readonly { id: string; label: string }[];
  quorum: number;
  schema: Json;
  ui: Json;
  assignees: readonly string[];
  groups: readonly string[];
  due: string | null;
  priority: number;
  decision: string | null;
  decisions: readonly DecisionView[];
  createdAt: string;
  updatedAt: string;
}>;

export type DecideRequest = Readonly<{
  decision: string;
  comment?: string | undefined;
  edits?: Json | undefined;
  digest?: string | undefined;
  as?: string | undefined;
}>;

/** What a signed link shows. `approver` is whom the link was sent to, and who will have decided. */
export type LinkView = Readonly<{
  task: TaskView;
  approver: string;
  nonce: string;
  expires: string;
}>;

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
