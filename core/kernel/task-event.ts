import type { Step } from "./event.ts";
import type { Instant, Json } from "./json.ts";
import type { AgendaItem, TaskKind, Vote } from "./task.ts";

/** What happened to tasks. The names are public; docs/events.md says what each carries. */
export type TaskEvent =
  | TaskCreated
  | TaskAnswered
  | TaskOfItself
  | (Step & Readonly<{ type: "task.decided"; task: string; vote: Vote; settled: boolean }>)
  | (Step & Readonly<{ type: "task.expired"; task: string }>)
  | (Step & Readonly<{ type: "task.cancelled"; task: string }>);

export type TaskCreated = Step &
  Readonly<{
    type: "task.created";
    task: string;
    kind: TaskKind;
    title: string;
    description?: string;
    preview: Json;
    approvers: readonly string[];
    quorum: number;
    options: readonly { id: string; label: string }[];
    digest: string;
    due?: Instant;
    priority: number;
    email: boolean;
    /** Of a form: those among the approvers that are groups, and what is filled in. */
    groups?: readonly string[];
    schema?: Json;
    ui?: Json;
    /** What will happen to it by itself, in the order of its times. */
    agenda?: readonly AgendaItem[];
  }>;

/** What happens to a task by itself: `n` is its place on the agenda, `to` whom it is about. */
export type TaskOfItself = Step &
  Readonly<{ task: string; n: number; to: readonly string[] }> &
  (
    | Readonly<{ type: "task.reminded" }>
    | Readonly<{ type: "task.escalated"; action: AgendaItem["action"]; decision?: string }>
  );

/** What people do with a form, or with a question. */
export type TaskAnswered = Step &
  Readonly<{ task: string }> &
  (
    | Readonly<{ type: "task.completed"; vote: Vote; data: Json }>
    | Readonly<{ type: "task.claimed"; by: string }>
    | Readonly<{ type: "task.released"; by: string }>
    | Readonly<{ type: "task.reassigned"; by: string; assignees: readonly string[] }>
  );
