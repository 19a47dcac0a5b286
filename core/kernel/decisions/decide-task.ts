import type { CommandOf } from "../command.ts";
import { fail, idsOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { instantText } from "../duration.ts";
import { own } from "../json.ts";
import { tokenAt } from "../nodes/begin.ts";
import type { OpenTask, Token, Vote } from "../run.ts";
import type { Refused } from "./answer-waits.ts";

/**
 * A person decides. The one function for every channel, so that no channel skips a check.
 *
 * A decision other than `approved` settles the task at once; `approved` settles it when the quorum
 * is reached. What was decided before is in the log, and told by the task's own record.
 */
export async function decideTask(
  draft: Draft,
  command: CommandOf<"task.decide">,
): Promise<Refused | undefined> {
  const task = own(draft.run.tasks, command.task);
  if (!task) return { reason: "task_closed" };
  if (task.kind !== undefined) return { reason: "task_is_form" };
  const refused = refusal(task, command);
  if (refused) return refused;
  const { decision, by, via, assertedBy, comment, edits } = command;
  const vote: Vote = {
    decision,
    by,
    via,
    at: draft.at,
    ...(assertedBy !== undefined && { assertedBy }),
    ...(comment !== undefined && { comment }),
    ...(edits !== undefined && { edits }),
  };
  const votes = [...task.votes, vote];
  const settled = decision !== "approved" || votes.length >= task.quorum;
  const token = tokenAt(draft, task.token);
  const isGate = token.wait?.kind === "approval" && token.wait.gate === true;
  emit(draft, { type: "task.decided", ...idsOf(token), task: task.id, vote, settled });
  if (settled) await settleTask(draft, token, vote, isGate);
  return undefined;
}

function refusal(task: OpenTask, command: CommandOf<"task.decide">): Refused | undefined {
  const { approvers, options, digest, votes } = task;
  if (!options.includes(command.decision)) {
    return { reason: "option_unknown", data: { options } };
  }
  if (command.digest !== undefined && command.digest !== digest) {
    return { reason: "digest_mismatch", data: { digest } };
  }
  if (!mayDecide(approvers, command.by)) return { reason: "not_an_approver" };
  const before = votes.find((vote) => isSame(vote.by, command.by));
  if (!before) return undefined;
  const { decision, by, at } = before;
  return { reason: "already_voted", data: { decision, decidedBy: by, at: instantText(at) } };
}

/** What a decision that settles its task means for the step. */
export async function settleTask(
  draft: Draft,
  token: Token,
  vote: Vote,
  isGate: boolean,
): Promise<void> {
  const { decision, by, comment, edits } = vote;
  if (isGate) {
    if (decision === "approved") return;
    const message = `${by} did not approve the call of ${token.node}`;
    return fail(draft, token, { code: "REJECTED", message, retryable: false });
  }
  const port = decision === "approved" ? "success" : decision;
  const output = {
    decision,
    decidedBy: by,
    comment: comment ?? null,
    at: instantText(vote.at),
    edits: edits ?? null,
  };
  return succeed(draft, token, { output }, port);
}

/**
 * Whether the task asks this person: by address, or as somebody of a group. Groups have no
 * directory in this version, so whoever is asserted to be a person may answer for one.
 */
export function mayDecide(approvers: readonly string[], person: string): boolean {
  return approvers.length === 0 || approvers.some((one) => isGroup(one) || isSame(one, person));
}

/** What is no address names a group. */
export function isGroup(approver: string): boolean {
  return !approver.includes("@");
}

/** Addresses of people are compared without regard to case. */
export function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
