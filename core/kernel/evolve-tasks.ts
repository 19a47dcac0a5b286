import type { Event, EventOf, TaskOfItself } from "./event.ts";
import { withoutWait, withToken } from "./evolve-steps.ts";
import type { Run } from "./run.ts";
import type { OpenTask } from "./task.ts";

type OfTask = Extract<Event, { type: `task.${string}` }>;

export function isOfTask(event: Event): event is OfTask {
  return event.type.startsWith("task.");
}

/** The run after something was done with a task. */
export function ofTask(run: Run, event: OfTask): Run {
  switch (event.type) {
    case "task.created":
      return taskCreated(run, event);
    case "task.decided":
      return taskDecided(run, event);
    case "task.claimed":
      return withTask(run, event.task, (task) => ({ ...task, claimedBy: event.by }));
    case "task.released":
      return withTask(run, event.task, ({ claimedBy: _free, ...task }) => task);
    case "task.reassigned":
      return asksOthers(run, event.task, event.assignees);
    case "task.reminded":
      return happened(run, event);
    case "task.escalated":
      return happened(
        event.action === "reassign" ? asksOthers(run, event.task, event.to) : run,
        event,
      );
    case "task.completed":
    case "task.expired":
    case "task.cancelled":
      return withoutTask(run, event.task);
  }
}

function taskCreated(run: Run, event: EventOf<"task.created">): Run {
  const { task, token, approvers, quorum, digest, kind, groups, agenda, email } = event;
  const options = event.options.map((option) => option.id);
  const form = kind === "approval" ? {} : { kind, groups: groups ?? [] };
  const open: OpenTask = {
    id: task,
    token,
    approvers,
    quorum,
    options,
    digest,
    votes: [],
    ...form,
    ...(agenda && { agenda }),
    ...(email && { email }),
  };
  return { ...run, tasks: { ...run.tasks, [task]: open } };
}

/** A claim ends with it, and what was said before stays said. */
function asksOthers(run: Run, id: string, approvers: readonly string[]): Run {
  return withTask(run, id, ({ claimedBy: _free, ...task }) => ({
    ...task,
    approvers,
    ...(task.kind && { groups: [] }),
  }));
}

/** One thing less on the agenda: the token waits for the next one, or for the end of its wait. */
function happened(run: Run, { task: id, n, token: at }: TaskOfItself): Run {
  const next = withTask(run, id, ({ agenda = [], ...task }) => {
    const left = agenda.filter((item) => item.n > n);
    return { ...task, ...(left.length > 0 && { agenda: left }) };
  });
  return withToken(next, at, ({ dueAt: _due, ...token }) => {
    const until = token.wait && "task" in token.wait ? token.wait.until : undefined;
    const item = next.tasks[id]?.agenda?.[0]?.at;
    const dueAt = item === undefined ? until : Math.min(item, until ?? item);
    return { ...token, ...(dueAt !== undefined && { dueAt }) };
  });
}

function taskDecided(run: Run, event: EventOf<"task.decided">): Run {
  if (event.settled) return opened(withoutTask(run, event.task), event);
  const task = run.tasks[event.task];
  if (!task) throw new Error(`run ${run.id} has no open task ${event.task}`);
  const votes = [...task.votes, event.vote];
  return { ...run, tasks: { ...run.tasks, [event.task]: { ...task, votes } } };
}

/** A call that waited for a person may start, once the person approved. */
function opened(run: Run, event: EventOf<"task.decided">): Run {
  const wait = run.tokens[event.token]?.wait;
  if (wait?.kind !== "approval" || !wait.gate || event.vote.decision !== "approved") return run;
  return withToken(run, event.token, (token) => ({
    ...withoutWait(token),
    status: "ready",
    approved: true,
  }));
}

function withTask(run: Run, id: string, change: (task: OpenTask) => OpenTask): Run {
  const task = run.tasks[id];
  if (!task) throw new Error(`run ${run.id} has no open task ${id}`);
  return { ...run, tasks: { ...run.tasks, [id]: change(task) } };
}

function withoutTask(run: Run, task: string): Run {
  const { [task]: _gone, ...tasks } = run.tasks;
  return { ...run, tasks };
}
