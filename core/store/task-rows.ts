import type { EventOf } from "../kernel/event.ts";
import type { Instant, Json } from "../kernel/json.ts";
import type { Run, Vote } from "../kernel/run.ts";
import type { Item } from "../ports/table.ts";
import { listSk, rows } from "./rows.ts";

/** What people were asked, and what they said, as its row keeps it. */
export type TaskRecord = Readonly<{
  id: string;
  runId: string;
  workflow: string;
  node: string;
  kind: "approval";
  status: "open" | "done" | "expired" | "cancelled";
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

export function closedTaskRow(row: Item, status: "expired" | "cancelled", at: Instant): Item {
  return rowOf(String(row["tenant"]), { ...taskOf(row), status, updatedAt: at });
}

export function taskOf(row: Item): TaskRecord {
  return JSON.parse(row.content ?? "{}") as TaskRecord;
}

function rowOf(tenant: string, task: TaskRecord): Item {
  const open = task.status === "open" ? "open" : "closed";
  return {
    ...rows.task(tenant, task.id),
    listPk: `${tenant}#tasks#${open}`,
    listSk: listSk(task.createdAt, task.id),
    tenant,
    task: task.id,
    content: JSON.stringify(task),
  };
}
