import type { Event, EventOf } from "../kernel/event.ts";
import { timedId } from "../kernel/ids.ts";
import type { Instant } from "../kernel/json.ts";
import { type Actor, type Run, type RunError, stepId, type Token } from "../kernel/run.ts";
import type { Item, Operation, Table } from "../ports/table.ts";
import { dueAt, dueShard, listSk, rows } from "./rows.ts";

export const DEAD_LETTER_KINDS = ["step", "compensation", "delivery", "stream"] as const;

/** Something that failed for good, and that an operator must look at. */
export type DeadLetter = Readonly<{
  tenant: string;
  id: string;
  kind: (typeof DEAD_LETTER_KINDS)[number];
  status: "open" | "redriven" | "discarded";
  runId: string;
  workflow: string;
  node: string | null;
  step: string | null;
  attempts: number;
  error: RunError;
  createdAt: Instant;
  /** When it is sent on by itself, and for whom. */
  redriveAt?: Instant;
  redriveFor?: Actor;
  /** Why sending it on was refused, last time. */
  refused?: string;
  closedAt?: Instant;
  closedBy?: Actor;
  reason?: string;
}>;

/**
 * What a commit does to the letters of its run: one is there as long as the run has failed. It is
 * made of the run alone, so it is in the write that ends the run, or lets it go on.
 */
export function letterRows(
  before: Run,
  after: Run,
  events: readonly Event[],
  actor: Actor,
): readonly Operation[] {
  const letters = new Map<string, DeadLetter>();
  if (events.some((event) => event.type === "run.resumed" && event.reason === "retry")) {
    const letter = letterOf(before);
    const closed = { status: "redriven", closedAt: after.at, closedBy: actor } as const;
    letters.set(letter.id, { ...letter, ...closed });
  }
  if (events.some((event) => event.type === "run.failed")) {
    const letter = letterOf(after);
    letters.set(letter.id, letter);
  }
  for (const event of events) {
    if (event.type !== "step.failed" || !isLeftDone(before, after, event)) continue;
    const letter = leftDone(after, event);
    letters.set(letter.id, letter);
  }
  return [...letters.values()].map((letter) => ({ type: "put", item: letterItem(letter) }));
}

/** A step that should have been undone and was not, or of which nobody knows whether it should. */
function isLeftDone(before: Run, after: Run, event: EventOf<"step.failed">): boolean {
  if (event.undoes !== undefined) return true;
  const isUndoing = before.undoing !== undefined || after.undoing !== undefined;
  return isUndoing && event.error.code === "OUTCOME_UNKNOWN";
}

function leftDone(run: Run, event: EventOf<"step.failed">): DeadLetter {
  const { token, node, step, attempt, error } = event;
  const hex = `${token.toString(16).padStart(4, "0")}${run.seed.slice(0, 16)}`;
  return {
    tenant: run.tenant,
    id: deadLetterId(run.at, hex),
    kind: "compensation",
    status: "open",
    runId: run.id,
    workflow: run.workflow.name,
    node,
    step,
    attempts: attempt,
    error,
    createdAt: run.at,
  };
}

function letterOf(run: Run): DeadLetter {
  const stopped = Object.values(run.halted?.tokens ?? {}).find((token) => token.stopped);
  const createdAt = run.endedAt ?? run.at;
  return {
    tenant: run.tenant,
    id: deadLetterId(createdAt, run.seed),
    kind: "step",
    status: "open",
    runId: run.id,
    workflow: run.workflow.name,
    node: run.error?.node ?? stopped?.node ?? null,
    step: stopped ? nameOf(run, stopped) : null,
    attempts: stopped?.attempt ?? 0,
    error: run.error ?? { code: "FAILED", message: "" },
    createdAt,
  };
}

/** A step that failed before it was started has the number of the visit that it would have been. */
function nameOf(run: Run, { node, visit, scope }: Token): string {
  return stepId(node, visit > 0 ? visit : (run.visits[node] ?? 1), scope);
}

/** @param hex at least 19 hex digits that nothing else of this instant has. */
export function deadLetterId(at: Instant, hex: string): string {
  return `dead_${timedId(at, hex)}`;
}

export function letterItem(letter: DeadLetter): Item {
  const { tenant, id, status, createdAt, redriveAt } = letter;
  const due = status === "open" && redriveAt !== undefined;
  return {
    ...rows.deadLetter(tenant, id),
    listPk: `${tenant}#dead#${status === "open" ? "open" : "closed"}`,
    listSk: listSk(createdAt, id),
    ...(due && { dueShard: dueShard(id), dueAt: dueAt(redriveAt, id) }),
    kind: "letter",
    tenant,
    letter: id,
    status,
    content: JSON.stringify(letter),
  };
}

export function deadLetterOf(item: Item): DeadLetter {
  return JSON.parse(item.content ?? "{}") as DeadLetter;
}

export async function readLetter(
  table: Table,
  tenant: string,
  id: string,
): Promise<DeadLetter | undefined> {
  const item = await table.get(rows.deadLetter(tenant, id));
  return item && deadLetterOf(item);
}

/** Changes a letter that is open; false when it no longer is. */
export async function changeLetter(table: Table, letter: DeadLetter): Promise<boolean> {
  const when = { type: "is", attributes: { status: "open" } } as const;
  return (await table.write([{ type: "put", item: letterItem(letter), when }])).ok;
}
