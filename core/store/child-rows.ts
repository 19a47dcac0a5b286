import type { Event, EventOf } from "../kernel/event.ts";
import { hasEnded, type Run, tokensOf } from "../kernel/run.ts";
import type { Item, Operation } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/**
 * What is between a run and its children: a row for each, in one partition of the parent.
 *
 * `start`: the child is to be made, or retried · `held`: not before the parent is resumed ·
 * `running`: its end is awaited · `started`: made, and nobody awaits more · `ended`: the parent is
 * to be told. What owes something is due as if it were the parent itself: whoever looks at the
 * parent then does what is owed, and removes the row when the receiver has committed.
 */
export type ChildState = "start" | "held" | "running" | "started" | "ended";

/** The driver that made the commit does it at once; the row is for when that driver dies. */
const LOOK_AFTER_MS = 10_000;
/** The row that says that children, of which the parent awaits no more, are to be cancelled. */
const CANCEL = "~cancel";
/** The row that says that the children that it awaits are to do as the parent does. */
const FOLLOW = "~follow";

export function childRow(
  parent: Readonly<{ tenant: string; id: string }>,
  child: string,
  state: ChildState,
  at: number,
  more: Readonly<Record<string, string | number>> = {},
): Item {
  const { tenant, id } = parent;
  const due = { dueShard: dueShard(id), dueAt: dueAt(at + LOOK_AFTER_MS, `child#${id}#${child}`) };
  return {
    ...rows.child(tenant, id, child),
    kind: "run",
    tenant,
    run: id,
    owed: true,
    state,
    // Nothing is owed while the child runs: its own rows keep it going.
    ...(state !== "running" && state !== "held" && due),
    ...more,
  };
}

/** The rows that a commit changes between the run and its children, and its parent. */
export function familyRows(
  before: Run,
  after: Run,
  events: readonly Event[],
): readonly Operation[] {
  const changed: Operation[] = [];
  for (const event of events) {
    if (event.type === "child.started") changed.push({ type: "put", item: startRow(after, event) });
  }
  if (leavesChildren(before, after, events)) {
    const undo = undoesChildren(before, after, events) ? { undo: 1 } : {};
    const item = childRow(after, CANCEL, "ended", after.at, { seq: after.seq, ...undo });
    changed.push({ type: "put", item: { ...item, state: "cancel" } });
  }
  if (leadsChildren(before, after)) {
    const item = childRow(after, FOLLOW, "ended", after.at, { seq: after.seq });
    changed.push({ type: "put", item: { ...item, state: "follow" } });
  }
  // A child that ends in its first commit tells so in the write that makes it.
  const { parent, awaited, tenant, id } = after;
  if (hasEnded(after) && before.seq > 0 && awaited && parent !== undefined) {
    changed.push({ type: "put", item: childRow({ tenant, id: parent }, id, "ended", after.at) });
  }
  return changed;
}

function startRow(run: Run, event: EventOf<"child.started">): Item {
  const { child, workflow, version, mode, token, again } = event;
  return childRow(run, child, "start", run.at, {
    workflow,
    input: JSON.stringify(run.tokens[token]?.input ?? {}),
    ...(version !== undefined && { version }),
    ...(mode !== undefined && { mode }),
    ...(again && { again: 1 }),
  });
}

/** Whether the run awaited a child before, awaits it no more, and was not told of its end. */
export function leavesChildren(before: Run, after: Run, events: readonly Event[]): boolean {
  if (!before.children) return false;
  const awaited = awaitedBy(after);
  const left = [...awaitedBy(before)].filter((child) => !awaited.has(child));
  if (left.length === 0) return false;
  const told = new Set(
    events.flatMap((event) => (event.type === "child.ended" ? event.child : [])),
  );
  return left.some((child) => !told.has(child));
}

/** Whether the children that it left are to undo what they did: where it has failed, or undoes. */
function undoesChildren(before: Run, after: Run, events: readonly Event[]): boolean {
  if (after.status === "failed" || after.undoing) return true;
  return events.some((event) => {
    if (event.type === "run.cancelled") return event.compensate === true;
    if (event.type !== "step.failed" && event.type !== "step.retrying") return false;
    return event.error.code === "TIMEOUT" && before.tokens[event.token]?.wait?.kind === "child";
  });
}

/** Whether the children that it awaits are to be paused, to go on, or to undo what they did. */
export function leadsChildren(before: Run, after: Run): boolean {
  if (!after.children || hasEnded(after) || awaitedBy(after).size === 0) return false;
  return isPaused(before) !== isPaused(after) || (!before.undoing && after.undoing !== undefined);
}

function isPaused({ status }: Run): boolean {
  return status === "paused";
}

/** The children that a run waits for. */
export function awaitedBy(run: Run): ReadonlySet<string> {
  return new Set(tokensOf(run).flatMap(({ wait }) => (wait?.kind === "child" ? wait.run : [])));
}
