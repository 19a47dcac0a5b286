import type { Event } from "../kernel/event.ts";
import type { Instant } from "../kernel/json.ts";
import { openEvents } from "../kernel/open-events.ts";
import {
  type Actor,
  hasEnded,
  isOwed,
  nextDue,
  type Run,
  stepOf,
  tokensOf,
} from "../kernel/run.ts";
import { waitingOn } from "../kernel/waiting-on.ts";
import type { Item, Operation } from "../ports/table.ts";

import { callbackRows } from "./callbacks.ts";

import { familyRows } from "./child-rows.ts";

import { letterRows } from "./dead-letters.ts";
import { jobRows } from "./job-rows.ts";
import { lineRows } from "./line-rows.ts";
import { mailRows } from "./mail-rows.ts";
import { dueAt, dueShard, listSk, rows } from "./rows.ts";
import { costRows, spentBy } from "./spent.ts";
import {
  answeredTaskRow,
  closedTaskRow,
  happenedTaskRow,
  newTaskRow,
  votedTaskRow,
} from "./task-rows.ts";
import { eventWaitRow } from "./tenant-events.ts";

/** How long a run that is owed something may go unlooked at before the sweep looks. */
export const LOOK_AGAIN_MS = 60_000;

/**
 * The rows beside the log that a commit changes: what lists show, what is due, waits, tasks, mail.
 *
 * Most commits change none of them and are one put. `taskRows` are the rows of the tasks that the
 * events name, as they are now: the log's fence keeps anybody else from changing them meanwhile.
 * Those of jobs that end are among them; who holds one may still change it, and loses.
 */
export function rowsBeside(
  before: Run,
  after: Run,
  events: readonly Event[],
  taskRows: ReadonlyMap<string, Item>,
  actor: Actor,
): readonly Operation[] {
  const opening: Operation[] = [
    ...letterRows(before, after, events, actor),
    ...callbackRows(after, events),
    ...costRows(before, after),
  ];
  if (before.seq === 0 || isShownAnew(before, after)) {
    opening.push({ type: "put", item: headRow(after) });
  }
  // What is taken in this very commit is not there yet, and not taken at all: see `takenUnits`.
  if (before.seq > 0 && !hasEnded(before) && hasEnded(after)) {
    for (const unit of before.units ?? [])
      opening.push(...returnUnit(after.tenant, unit, after.id));
  }
  const tasks = new Map(taskRows);
  for (const event of events) {
    const row = taskRow(after, event, tasks);
    if (row) tasks.set(String(row["task"]), row);
  }
  opening.push(...mailRows(before, after, events));
  const closing: Operation[] = [];
  for (const [id, item] of tasks) {
    const isNew = !taskRows.has(id);
    if (item !== taskRows.get(id)) (isNew ? opening : closing).push({ type: "put", item });
  }
  opening.push(...familyRows(before, after, events), ...lineRows(before, after));
  const waits = waitRows(before, after);
  const jobs = jobRows(before, after, events, taskRows);
  // What is opened must be in the commit's own write; what is closed may follow it: see `handle`.
  return [...opening, ...waits.opened, ...jobs.opened, ...waits.closed, ...closing, ...jobs.closed];
}

/** The tasks whose rows must be read before `rowsBeside` can be asked. */
export function tasksTouched(events: readonly Event[]): readonly string[] {
  const made = new Set<string>();
  const touched = new Set<string>();
  for (const event of events) {
    if (event.type === "task.created") made.add(event.task);
    else if (
      event.type === "task.decided" ||
      event.type === "task.completed" ||
      event.type === "task.claimed" ||
      event.type === "task.released" ||
      event.type === "task.reassigned" ||
      event.type === "task.reminded" ||
      event.type === "task.escalated" ||
      event.type === "task.expired" ||
      event.type === "task.cancelled"
    ) {
      if (!made.has(event.task)) touched.add(event.task);
    }
  }
  return [...touched];
}

/** From queued to running is not written: a reader looks at the log of a run that says queued. */
function isShownAnew(before: Run, after: Run): boolean {
  if (shown(before) !== shown(after) || hasEnded(after)) return true;
  if (before.workflow.version !== after.workflow.version) return true;
  return nextDue(before) !== nextDue(after) || openWaits(before) !== openWaits(after);
}

function shown({ status }: Run): string {
  return status === "queued" ? "running" : status;
}

/** Which waits are open, as one text to compare. */
function openWaits(run: Run): string {
  let text = "";
  for (const token of tokensOf(run)) {
    if (token.status === "held") text += `held ${token.hold?.line},`;
    if (token.status !== "waiting" && token.status !== "retrying") continue;
    const { wait } = token;
    const come = wait?.kind === "several" ? Object.keys(wait.got).length : 0;
    text += `${token.id}.${token.visit}.${token.attempt}.${come},`;
  }
  return text;
}

/** When the sweep looks at the run: at what is due by itself, or soon when a driver is owed. */
export function lookAt(run: Run): Instant | undefined {
  if (hasEnded(run)) return undefined;
  const due = nextDue(run);
  if (!isOwed(run, run.at)) return due;
  const again = run.at + LOOK_AGAIN_MS;
  return due === undefined ? again : Math.min(due, again);
}

export function headRow(run: Run, at = lookAt(run)): Item {
  const live = hasEnded(run) ? "done" : "live";
  const waits = waitingOn(run).slice(0, 20);
  const due =
    at === undefined ? {} : { dueShard: dueShard(run.id), dueAt: dueAt(at, `run#${run.id}`) };
  return {
    ...rows.head(run.tenant, run.id),
    ...due,
    listPk: `${run.tenant}#runs#${live}`,
    listSk: listSk(run.createdAt, run.id),
    kind: "run",
    tenant: run.tenant,
    run: run.id,
    status: run.status,
    owed: isOwed(run, run.at),
    workflow: run.workflow.name,
    version: run.workflow.version,
    createdAt: run.createdAt,
    updatedAt: run.at,
    ...(run.endedAt !== undefined && { endedAt: run.endedAt }),
    ...spentBy(run),
    ...(run.parent !== undefined && { parent: run.parent }),
    ...(Object.keys(run.tags).length > 0 && { tags: JSON.stringify(run.tags) }),
    ...(waits.length > 0 && { waitingOn: JSON.stringify(waits) }),
  };
}

/** One row per open wait for an event, so that an event of the tenant finds its runs. */
function waitRows(before: Run, after: Run) {
  const opened: Operation[] = [];
  const closed: Operation[] = [];
  const old = eventWaits(before);
  const now = eventWaits(after);
  for (const [id, item] of now) if (!old.has(id)) opened.push({ type: "put", item });
  for (const [id, { pk, sk }] of old) {
    if (!now.has(id)) closed.push({ type: "remove", key: { pk, sk } });
  }
  return { opened, closed };
}

function eventWaits(run: Run): ReadonlyMap<string, Item> {
  const waits = new Map<string, Item>();
  for (const { token, part, name, key } of openEvents(run)) {
    const which = part === undefined ? "" : `#${part}`;
    const row = eventWaitRow(run, { name, key, step: `${stepOf(token)}${which}` });
    waits.set(`${row.pk} ${row.sk}`, row);
  }
  return waits;
}

function taskRow(run: Run, event: Event, tasks: ReadonlyMap<string, Item>): Item | undefined {
  switch (event.type) {
    case "task.created":
      return newTaskRow(run, event);
    case "task.completed":
    case "task.claimed":
    case "task.released":
    case "task.reassigned":
    case "task.reminded":
    case "task.escalated":
    case "task.decided":
    case "task.expired":
    case "task.cancelled": {
      // A row that was never written (see `writeRest`) is not missed: the log knows better.
      const row = tasks.get(event.task);
      if (!row) return undefined;
      if (event.type === "task.decided") return votedTaskRow(row, event, run.at);
      if ("n" in event) return happenedTaskRow(row, event, run.at);
      if ("data" in event || "by" in event) return answeredTaskRow(row, event, run.at);
      const status = event.type === "task.expired" ? "expired" : "cancelled";
      return closedTaskRow(row, status, run.at);
    }
    default:
      return undefined;
  }
}

/**
 * Gives back the unit of a limit, in the write that ends its holder. The unit's row, named after
 * the holder, is the proof that it was taken and not yet given back.
 */
function returnUnit(tenant: string, unit: string, holder: string): readonly Operation[] {
  return [
    { type: "remove", key: rows.unit(tenant, unit, holder), when: { type: "present" } },
    { type: "add", key: rows.counter(tenant, unit), by: -1, min: 0 },
  ];
}
