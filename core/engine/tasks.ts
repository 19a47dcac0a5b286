import type { CommandOf } from "../kernel/command.ts";
import { isSame, mayDecide } from "../kernel/decisions/decide-task.ts";
import { instantText } from "../kernel/duration.ts";
import { canonical } from "../kernel/ledger.ts";
import type { Vote } from "../kernel/run.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import type { Item } from "../ports/table.ts";
import { isOpenTask, type TaskRecord, taskOf } from "../store/task-rows.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import type { TaskFilter } from "./filters.ts";
import { give } from "./give.ts";
import { claimTask, completeTask, reassignTask, releaseTask } from "./people/answer-task.ts";
import { noTask, readTask, taskView, whenLate } from "./read/read-task.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { refused } from "./run-refusals.ts";
import type { Caller, DecideRequest, TaskView } from "./views.ts";

const ROWS_MAX = 1_000;

/** What people are asked, for the people and for those who show it to them. */
export function tasksOf(deps: EngineDeps): Engine["tasks"] {
  return {
    async list({ tenant }, filter, { limit, cursor }) {
      const { status } = filter;
      const open = status === "open" || status === "claimed";
      const names = status === undefined ? ["open", "closed"] : [open ? "open" : "closed"];
      const after = readCursor("tasks", cursor);
      if (after === false) return { data: [], nextCursor: null };
      const [from, at] = after === undefined ? [names[0], undefined] : splitCursor(after);
      const data: TaskView[] = [];
      for (const name of names.slice(Math.max(0, names.indexOf(from ?? "")))) {
        const start = name === from && at !== undefined ? { after: at } : {};
        const pk = `${tenant}#tasks#${name}`;
        const range = { pk, index: "list", reverse: true, limit: ROWS_MAX, ...start } as const;
        const page = await deps.table.query(range);
        let last = at;
        for (const row of page.items) {
          const task = await current(deps, tenant, row);
          if (isWanted(task, filter)) {
            if (data.length === limit) {
              return { data, nextCursor: cursorOf("tasks", `${name}/${last ?? ""}`) };
            }
            data.push(task);
          }
          last = String(row["listSk"]);
        }
        if (page.more) return { data, nextCursor: cursorOf("tasks", `${name}/${last ?? ""}`) };
      }
      return { data, nextCursor: null };
    },

    async get({ tenant }, taskId) {
      const task = await readTask(deps, tenant, taskId);
      return task ? ok(taskView(task)) : noTask(taskId);
    },

    complete: (caller, taskId, request) => completeTask(deps, caller, taskId, request),
    claim: (caller, taskId, as) => claimTask(deps, caller, taskId, as),
    release: (caller, taskId, as) => releaseTask(deps, caller, taskId, as),
    reassign: (caller, taskId, { assignees }) => reassignTask(deps, caller, taskId, assignees),

    async decide(caller, taskId, request) {
      const task = await readTask(deps, caller.tenant, taskId);
      if (!task) return noTask(taskId);
      const person = personOf(caller, request, task, taskId);
      if (!person.ok) return person;
      return decideTask(deps, caller, task, { ...request, ...person.value, via: "api" });
    },
  };
}

function splitCursor(after: string): readonly [string, string | undefined] {
  const slash = after.indexOf("/");
  const at = after.slice(slash + 1);
  return [after.slice(0, slash), at === "" ? undefined : at];
}

async function current(deps: EngineDeps, tenant: string, row: Item): Promise<TaskView> {
  return taskView(await whenLate(deps, tenant, taskOf(row)));
}

/** Who decides: the key's own person, or whom a key that acts for others names. */
function personOf(
  caller: Caller,
  { as }: DecideRequest,
  task: TaskRecord,
  taskId: string,
): Result<{ by: string; assertedBy?: string }> {
  const mayName = caller.actsFor || caller.role === "admin";
  if (as !== undefined && !(caller.person !== undefined && isSame(as, caller.person))) {
    if (!mayName) return refuse("FORBIDDEN", "this key may not decide for somebody else");
    return ok({ by: as, assertedBy: caller.keyId });
  }
  if (caller.person !== undefined) return ok({ by: caller.person });
  if (task.approvers.length === 0) return ok({ by: `key:${caller.keyId}` });
  const message = mayName
    ? `task ${taskId} asks people by name; say for whom you decide with "as"`
    : `task ${taskId} asks people by name, and this key is nobody's`;
  return refuse("NOT_AN_APPROVER", message);
}

export type Deciding = DecideRequest &
  Readonly<{ by: string; assertedBy?: string; via: "api" | "email" }>;

/**
 * The one way to decide, whatever the channel. The first valid decision wins; the same again gets
 * the same receipt; another one learns who decided, what, and when.
 */
export async function decideTask(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  task: TaskRecord,
  request: Deciding,
): Promise<Result<TaskView>> {
  if (!isOpenTask(task)) return closed(task, request);
  const large = tooLarge(task, request);
  if (large) return large;
  const command = commandOf(task, request);
  const actor = {
    kind: "person",
    id: request.by,
    ...(request.assertedBy !== undefined && { assertedBy: request.assertedBy }),
  };
  const handled = await give(deps, caller, task.runId, command, actor);
  const now = (await readTask(deps, caller.tenant, task.id)) ?? task;
  if (handled.type === "accepted") return ok(taskView(now));
  if (handled.type === "rejected" && handled.reason === "task_closed") return closed(now, request);
  const before = now.votes.find((vote) => isSame(vote.by, request.by));
  const repeats = handled.type === "rejected" && handled.reason === "already_voted";
  if (repeats && before && isRepeat(before, request)) return ok(taskView(now));
  return refused(handled, task.runId);
}

/** What all votes say is in one row of the task, beside what the task shows. */
const TASK_BYTES_MAX = 350_000;

function tooLarge(task: TaskRecord, { edits, comment }: Deciding) {
  const more = bytesOf(edits);
  if (more > SIZES.editsMax) {
    return refuse("PAYLOAD_TOO_LARGE", `edits have at most ${SIZES.editsMax} bytes`);
  }
  const said = more + bytesOf(comment);
  if (said === 0 || bytesOf(task) + said <= TASK_BYTES_MAX) return undefined;
  const message = "the task holds no more words; decide with a shorter comment, or with none";
  return refuse("PAYLOAD_TOO_LARGE", message);
}

function commandOf(task: TaskRecord, request: Deciding): CommandOf<"task.decide"> {
  const { decision, by, via, assertedBy, comment, edits, digest } = request;
  return {
    type: "task.decide",
    task: task.id,
    decision,
    by,
    via,
    ...(assertedBy !== undefined && { assertedBy }),
    ...(comment !== undefined && { comment }),
    ...(edits !== undefined && { edits }),
    ...(digest !== undefined && { digest }),
  };
}

function closed(task: TaskRecord, request: Deciding): Result<TaskView> {
  if (!mayDecide(task.approvers, request.by))
    return refuse("NOT_AN_APPROVER", "the task does not ask this person");
  const own = task.votes.find((vote) => isSame(vote.by, request.by));
  if (own && isRepeat(own, request)) return ok(taskView(task));
  const settling = task.votes.at(-1);
  if (task.status === "done" && settling) {
    const { decision, by, at } = settling;
    const when = instantText(at);
    const message = `${by} decided ${decision} at ${when}`;
    return refuse("TASK_DECIDED", message, { data: { decision, decidedBy: by, at: when } });
  }
  const why = task.status === "expired" ? "it was due before" : "its run went on without it";
  return refuse("TASK_CLOSED", `task ${task.id} is closed: ${why}`);
}

function isRepeat(vote: Vote, request: Deciding): boolean {
  const edits = canonical(vote.edits ?? null) === canonical(request.edits ?? null);
  return vote.decision === request.decision && edits;
}

function isWanted(task: TaskView, filter: TaskFilter): boolean {
  const { status, assignee, group, run, kind } = filter;
  return (
    (status === undefined || task.status === status) &&
    (assignee === undefined || task.assignees.some((one) => isSame(one, assignee))) &&
    (group === undefined || task.groups.includes(group)) &&
    (run === undefined || task.runId === run) &&
    (kind === undefined || task.kind === kind)
  );
}
