import { isGroup, settleTask } from "../decisions/decide-task.ts";
import { idsOf } from "../depart.ts";
import { type Draft, emit, isFull } from "../draft.ts";
import { parseDuration } from "../duration.ts";
import { isObject, type Json, own } from "../json.ts";
import type { Token } from "../run.ts";
import type { AgendaItem, OpenTask, Vote } from "../task.ts";
import { addresses } from "./addresses.ts";
import { tokenAt } from "./begin.ts";

type Values = Readonly<Record<string, Json | undefined>>;
type Agenda =
  | Readonly<{ ok: true; items: readonly AgendaItem[] }>
  | Readonly<{ ok: false; code: string; message: string }>;

/** Who decides where nobody did in time: the author, by the escalation. */
export const ESCALATION = "escalation";

/**
 * What happens to a task by itself, in the order of its times, all of which count from its
 * creation. Of two things at one time the escalation goes last: it has the last word.
 */
export function agendaOf(
  draft: Draft,
  node: string,
  { reminders, escalation }: Values,
  quorum: number,
): Agenda {
  const items: Omit<AgendaItem, "n">[] = [];
  const at = (after: Json | undefined) => {
    const ms = typeof after === "string" ? parseDuration(after) : undefined;
    return ms === undefined ? undefined : draft.at + ms;
  };
  for (const after of listOf(reminders)) {
    const time = at(after);
    if (time === undefined) return wrongTime(node, "reminders");
    items.push({ at: time, from: "reminders", action: "remind" });
  }
  for (const one of listOf(escalation)) {
    const { after, action, to, decision } = isObject(one) ? one : {};
    const time = at(after);
    if (time === undefined) return wrongTime(node, "escalation");
    const base = { at: time, from: "escalation" } as const;
    if (action === "decide" && typeof decision === "string") {
      items.push({ ...base, action, decision });
    } else if (action === "reassign") {
      const named = addresses(to);
      const tooFew = named && named.length < quorum && !named.some(isGroup);
      if (!named || named.length === 0 || tooFew) {
        const message = `the escalation of ${node} names nobody, or fewer people than must decide`;
        return { ok: false, code: "INVALID_APPROVERS", message };
      }
      items.push({ ...base, action, to: named });
    } else items.push({ ...base, action: "remind" });
  }
  const sorted = items.toSorted((a, b) => a.at - b.at || rank(a) - rank(b));
  return { ok: true, items: sorted.map((item, n) => ({ ...item, n })) };
}

function rank({ from }: Pick<AgendaItem, "from">): number {
  return from === "reminders" ? 0 : 1;
}

function wrongTime(node: string, field: string): Agenda {
  const message = `${field} of ${node} have something that is no duration`;
  return { ok: false, code: "INVALID_TIME", message };
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

/**
 * Does what is due of a token's task: people are reminded, others are asked instead, or it is
 * decided. A task that is too late by now reminds nobody any more.
 */
export async function keepAgenda(draft: Draft, token: Token): Promise<void> {
  const { wait } = token;
  if (!wait || !("task" in wait)) return;
  for (;;) {
    const task = own(draft.run.tasks, wait.task);
    const [item] = task?.agenda ?? [];
    const last = Math.min(draft.at, wait.until ?? draft.at);
    // What is left over is due, and done by the next commit.
    if (!task || !item || item.at > last || isFull(draft)) return;
    const isLate = wait.until !== undefined && wait.until <= draft.at;
    await carryOut(draft, tokenAt(draft, token.id), task, item, isLate);
  }
}

async function carryOut(
  draft: Draft,
  token: Token,
  task: OpenTask,
  { n, from, action, to, decision }: AgendaItem,
  isLate: boolean,
): Promise<void> {
  const ids = { ...idsOf(token), task: task.id, n };
  const told = action === "remind" ? (isLate ? [] : stillAsked(task)) : (to ?? []);
  draft.rows += told.length;
  if (from === "reminders") emit(draft, { type: "task.reminded", ...ids, to: told });
  else {
    const decided = decision === undefined ? {} : { decision };
    emit(draft, { type: "task.escalated", ...ids, action, to: told, ...decided });
  }
  if (action !== "decide" || decision === undefined) return;
  const vote: Vote = { decision, by: ESCALATION, via: "escalation", at: draft.at };
  emit(draft, { type: "task.decided", ...idsOf(token), task: task.id, vote, settled: true });
  await settleTask(draft, tokenAt(draft, token.id), vote, false);
}

/** Whoever has it in hand; else all who are asked and have not said anything yet. */
function stillAsked({ approvers, votes, claimedBy }: OpenTask): readonly string[] {
  if (claimedBy !== undefined) return [claimedBy];
  return approvers.filter((one) => !votes.some(({ by }) => by.toLowerCase() === one.toLowerCase()));
}
