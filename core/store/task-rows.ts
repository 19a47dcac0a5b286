import type { EventOf, TaskAnswered, TaskOfItself } from "../kernel/event.ts";
import type { Instant, Json } from "../kernel/json.ts";
import type { Run, Vote } from "../kernel/run.ts";
import type { AgendaItem, TaskKind } from "../kernel/task.ts";
import type { Item } from "../ports/table.ts";
import { listSk, rows } from "./rows.ts";

/** What people were asked, and what they said, as its row keeps it. */
export type TaskRecord = Readonly<{
  id: string;
  runId: string;
  workflow: string;
  node: string;
  kind: TaskKind;
  status: "open" | "claimed" | "done" | "expired" | "cancelled";
  title: string;
  description: string | null;
  preview: Json;
  digest: string;
  options: readonly { id: string; label: string }[];
  quorum: number;
  approvers: readonly string[];
  due: Instant | null;
  priority: number;
  decision: string | null;
  votes: readonly Vote[];
  /** Of a form: which of the approvers are groups, what is filled in, by whom, and what was. */
  groups?: readonly string[];
  schema?: Json;
  ui?: Json;
  claimedBy?: string;
  data?: Json;
  /** What happens to it by itself, and when it did. */
  agenda?: readonly (AgendaItem & { doneAt?: Instant })[];
  createdAt: Instant;
  updatedAt: Instant;
}>;

export function newTaskRow(run: Run, event: EventOf<"task.created">): Item {
  return rowOf(run.tenant, {
    id: event.task,
    runId: run.id,
    workflow: run.workflow.name,
    node: event.node,
    kind: event.kind,
    status: "open",
    title: event.title,
    description: event.description ?? null,
    preview: event.preview,
    digest: event.digest,
    options: event.options,
    quorum: event.quorum,
    approvers: event.approvers,
    due: event.due ?? null,
    priority: event.priority,
    decision: null,
    votes: [],
    ...(event.groups && { groups: event.groups }),
    ...(event.agenda && { agenda: event.agenda }),
    ...(event.schema !== undefined && { schema: event.schema }),
    ...(event.ui !== undefined && { ui: event.ui }),
    createdAt: run.at,
    updatedAt: run.at,
  });
}

export function votedTaskRow(row: Item, event: EventOf<"task.decided">, at: Instant): Item {
  const task = taskOf(row);
  return rowOf(String(row["tenant"]), {
    ...task,
    votes: [...task.votes, event.vote],
    updatedAt: at,
    ...(event.settled && { status: "done", decision: event.vote.decision }),
  });
}

/** The row after something was done with a form. */
export function answeredTaskRow(row: Item, event: TaskAnswered, at: Instant): Item {
  const { claimedBy: _free, ...task } = taskOf(row);
  const change = answered(event);
  const votes = event.type === "task.completed" ? [...task.votes, event.vote] : task.votes;
  return rowOf(String(row["tenant"]), { ...task, votes, ...change, updatedAt: at });
}

/** The row after something happened to the task by itself. */
export function happenedTaskRow(row: Item, event: TaskOfItself, at: Instant): Item {
  const { claimedBy, ...task } = taskOf(row);
  const isReassigned = event.type === "task.escalated" && event.action === "reassign";
  const kept = claimedBy === undefined ? {} : { claimedBy };
  const others: Partial<TaskRecord> = {
    status: "open",
    approvers: event.to,
    ...(task.groups && { groups: [] }),
  };
  return rowOf(String(row["tenant"]), {
    ...task,
    ...(isReassigned ? others : kept),
    agenda: (task.agenda ?? []).map((item) =>
      item.n <= event.n && item.doneAt === undefined ? { ...item, doneAt: at } : item,
    ),
    updatedAt: at,
  });
}

function answered(event: TaskAnswered): Partial<TaskRecord> {
  switch (event.type) {
    case "task.claimed":
      return { status: "claimed", claimedBy: event.by };
    case "task.released":
      return { status: "open" };
    case "task.reassigned":
      return { status: "open", approvers: event.assignees, groups: [] };
    case "task.completed":
      return { status: "done", decision: event.vote.decision, data: event.data };
  }
}

/** Somebody must still do it. */
export function isOpenTask({ status }: Pick<TaskRecord, "status">): boolean {
  return status === "open" || status === "claimed";
}

export function closedTaskRow(row: Item, status: "expired" | "cancelled", at: Instant): Item {
  return rowOf(String(row["tenant"]), { ...taskOf(row), status, updatedAt: at });
}

export function taskOf(row: Item): TaskRecord {
  return JSON.parse(row.content ?? "{}") as TaskRecord;
}

function rowOf(tenant: string, task: TaskRecord): Item {
  const open = isOpenTask(task) ? "open" : "closed";
  return {
    ...rows.task(tenant, task.id),
    listPk: `${tenant}#tasks#${open}`,
    listSk: listSk(task.createdAt, task.id),
    tenant,
    task: task.id,
    content: JSON.stringify(task),
  };
}
