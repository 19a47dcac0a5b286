import { isGroup } from "../../kernel/decisions/decide-task.ts";
import { instantText } from "../../kernel/duration.ts";
import { rows } from "../../store/rows.ts";
import { isOpenTask, type TaskRecord, taskOf } from "../../store/task-rows.ts";
import type { EngineDeps } from "../deps.ts";
import { refuse } from "../refusal.ts";
import type { TaskView } from "../views.ts";

/** The task as its row has it, or as closed, when its run has ended and the row is late. */
export async function readTask(
  deps: EngineDeps,
  tenant: string,
  taskId: string,
): Promise<TaskRecord | undefined> {
  const row = await deps.table.get(rows.task(tenant, taskId));
  return row && whenLate(deps, tenant, taskOf(row));
}

export async function whenLate(
  deps: EngineDeps,
  tenant: string,
  task: TaskRecord,
): Promise<TaskRecord> {
  if (!isOpenTask(task)) return task;
  const head = await deps.table.get(rows.head(tenant, task.runId));
  const ended = head?.["endedAt"] !== undefined;
  return ended ? { ...task, status: "cancelled" } : task;
}

export function taskView(task: TaskRecord): TaskView {
  const { approvers, votes, due, createdAt, updatedAt, groups, agenda = [], ...shown } = task;
  // Of an approval, what has no @ in it is a group; a form says which of its names are.
  const among = (one: string) => (groups ? groups.includes(one) : isGroup(one));
  return {
    ...shown,
    schema: task.schema ?? null,
    ui: task.ui ?? null,
    claimedBy: task.claimedBy ?? null,
    data: task.data ?? null,
    assignees: approvers.filter((one) => !among(one)),
    groups: approvers.filter(among),
    due: due === null ? null : instantText(due),
    reminders: agenda.filter(({ from }) => from === "reminders").map(timesOf),
    escalation: agenda
      .filter(({ from }) => from === "escalation")
      .map(({ from: _from, n: _n, ...item }) => ({ ...item, ...timesOf(item) })),
    decisions: votes.map(({ at, ...vote }) => ({ ...vote, at: instantText(at) })),
    createdAt: instantText(createdAt),
    updatedAt: instantText(updatedAt),
  };
}

function timesOf({ at, doneAt }: { at: number; doneAt?: number }) {
  return { at: instantText(at), doneAt: doneAt === undefined ? null : instantText(doneAt) };
}

export function noTask(taskId: string) {
  return refuse("NOT_FOUND", `there is no task ${taskId}`);
}
