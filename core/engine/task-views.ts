import type { Json } from "../kernel/json.ts";

export type DecisionView = Readonly<{
  decision: string;
  by: string;
  via: "api" | "email" | "escalation";
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
  /** Who has it in hand; nobody else completes it meanwhile. */
  claimedBy: string | null;
  /** What was filled in. */
  data: Json;
  /** What happens to it by itself, and when it did. */
  reminders: readonly { at: string; doneAt: string | null }[];
  escalation: readonly {
    at: string;
    doneAt: string | null;
    action: "remind" | "reassign" | "decide";
    to?: readonly string[];
    decision?: string;
  }[];
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

export type CompleteRequest = Readonly<{ data: Json; as?: string | undefined }>;
export type AssignRequest = Readonly<{ assignees: readonly string[] }>;
