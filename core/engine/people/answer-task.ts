import { artifactId, referredBy } from "../../kernel/artifact.ts";
import type { CommandOf } from "../../kernel/command.ts";
import { mayAnswer } from "../../kernel/decisions/answer-task.ts";
import { isSame } from "../../kernel/decisions/decide-task.ts";
import { instantText } from "../../kernel/duration.ts";
import { isObject, type Json } from "../../kernel/json.ts";
import { canonical } from "../../kernel/ledger.ts";
import { bytesOf, SIZES } from "../../kernel/sizes.ts";
import { isOpenTask, type TaskRecord } from "../../store/task-rows.ts";
import type { EngineDeps } from "../deps.ts";
import { give } from "../give.ts";
import { noTask, readTask, taskView } from "../read/read-task.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import { refused } from "../run-refusals.ts";
import type { Caller, CompleteRequest, TaskView } from "../views.ts";

type Who = Readonly<{
  by: string;
  assertedBy?: string;
  anyone?: boolean;
  via?: "api" | "email";
}>;

/** Fills in a form, or answers a question: once, and as its schema wants it. */
export async function completeTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  { data, as }: CompleteRequest,
): Promise<Result<TaskView>> {
  return withTask(deps, caller, taskId, as, (task, who) => complete(deps, caller, task, who, data));
}

/**
 * The answer to the run's only wait, when that is a form. Whoever runs the house may answer for
 * those who are asked, as himself.
 */
export async function respondToTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  data: Json,
): Promise<Result<TaskView>> {
  const task = await readTask(deps, caller.tenant, taskId);
  if (!task) return noTask(taskId);
  if (!caller.actsFor && caller.role !== "admin") {
    return completeTask(deps, caller, taskId, { data });
  }
  const by = caller.person ?? `key:${caller.keyId}`;
  return complete(deps, caller, task, { by, anyone: true }, data);
}

export function claimTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  as: string | undefined,
): Promise<Result<TaskView>> {
  return withTask(deps, caller, taskId, as, (task, { by }) =>
    change(deps, caller, task, by, { type: "task.claim", task: task.id, by }),
  );
}

export function releaseTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  as: string | undefined,
): Promise<Result<TaskView>> {
  const overrides = caller.role === "admin" || caller.role === "operator";
  return withTask(deps, caller, taskId, as, (task, { by }) =>
    change(deps, caller, task, by, { type: "task.release", task: task.id, by, overrides }),
  );
}

export async function reassignTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  assignees: readonly string[],
): Promise<Result<TaskView>> {
  const task = await readTask(deps, caller.tenant, taskId);
  if (!task) return noTask(taskId);
  const by = caller.person ?? `key:${caller.keyId}`;
  const command = { type: "task.reassign", task: task.id, by, assignees } as const;
  return change(deps, caller, task, by, command);
}

/** Finds the task, and who the caller is to it. */
async function withTask(
  deps: EngineDeps,
  caller: Caller,
  taskId: string,
  as: string | undefined,
  act: (task: TaskRecord, who: Who) => Promise<Result<TaskView>>,
): Promise<Result<TaskView>> {
  const task = await readTask(deps, caller.tenant, taskId);
  if (!task) return noTask(taskId);
  const mayName = caller.actsFor || caller.role === "admin";
  if (as !== undefined && !(caller.person !== undefined && isSame(as, caller.person))) {
    if (!mayName) return refuse("FORBIDDEN", "this key may not answer for somebody else");
    return act(task, { by: as, assertedBy: caller.keyId });
  }
  if (caller.person !== undefined) return act(task, { by: caller.person });
  if (task.approvers.length === 0) return act(task, { by: `key:${caller.keyId}` });
  const message = mayName
    ? `task ${taskId} asks people by name; say for whom you answer with "as"`
    : `task ${taskId} asks people by name, and this key is nobody's`;
  return refuse("NOT_AN_APPROVER", message);
}

/** The one way to complete a task, whatever the channel. */
export async function complete(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  task: TaskRecord,
  who: Who,
  data: Json,
): Promise<Result<TaskView>> {
  if (task.kind === "approval") return refused(APPROVAL, task.runId);
  if (!isOpenTask(task)) return closed(deps, task, who, data);
  if (bytesOf(data) > SIZES.payloadMax) {
    return refuse("PAYLOAD_TOO_LARGE", `an answer has at most ${SIZES.payloadMax} bytes`);
  }
  const { schema = null } = task;
  const whole = (await deps.contents.whole(caller, data)) ?? data;
  const errors = isObject(schema) ? deps.schemas.validate(schema, whole, "data") : [];
  if (errors.length > 0) {
    return refuse("INVALID_FORM", "the answer does not fit the form", { errors });
  }
  const { by, assertedBy, anyone, via } = who;
  const command = {
    type: "task.complete",
    task: task.id,
    by,
    data,
    ...(assertedBy !== undefined && { assertedBy }),
    ...(anyone && { anyone, overrides: true }),
    ...(via !== undefined && { via }),
  } as const;
  const done = await change(deps, caller, task, by, command, assertedBy);
  if (done.ok || done.refusal.code !== "TASK_CLOSED") return done;
  const now = await readTask(deps, caller.tenant, task.id);
  return now ? closed(deps, now, who, data) : done;
}

const APPROVAL = { type: "rejected", reason: "task_is_approval" } as const;

/** The same again gets the same receipt; another one learns who answered, and when. */
function closed(
  deps: EngineDeps,
  task: TaskRecord,
  { by, anyone }: Who,
  data: Json,
): Result<TaskView> {
  if (!anyone && !mayAnswer(task, by)) {
    return refuse("NOT_AN_APPROVER", "the task does not ask this person");
  }
  const vote = task.votes.at(-1);
  if (task.status !== "done" || !vote) {
    const why = task.status === "expired" ? "it was due before" : "its run went on without it";
    return refuse("TASK_CLOSED", `task ${task.id} is closed: ${why}`);
  }
  const large = referredBy(task.data);
  const isSameAnswer =
    large === undefined
      ? canonical(task.data ?? null) === canonical(data)
      : large === artifactId(deps.hash, JSON.stringify(data));
  if (isSame(vote.by, by) && isSameAnswer) return ok(taskView(task));
  const at = instantText(vote.at);
  const told = { decision: vote.decision, decidedBy: vote.by, at };
  return refuse("TASK_DECIDED", `${vote.by} completed it at ${at}`, { data: told });
}

type Change = CommandOf<"task.complete" | "task.claim" | "task.release" | "task.reassign">;

async function change(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  task: TaskRecord,
  by: string,
  command: Change,
  assertedBy?: string,
): Promise<Result<TaskView>> {
  const actor = { kind: "person", id: by, ...(assertedBy !== undefined && { assertedBy }) };
  const handled = await give(deps, caller, task.runId, command, actor);
  if (handled.type !== "accepted") return refused(handled, task.runId);
  return ok(taskView((await readTask(deps, caller.tenant, task.id)) ?? task));
}
