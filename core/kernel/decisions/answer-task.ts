import type { CommandOf } from "../command.ts";
import { idsOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { own } from "../json.ts";
import { keepBounded } from "../large-values.ts";
import { tokenAt } from "../nodes/begin.ts";
import { answerDoubt } from "../nodes/doubt.ts";
import type { OpenTask, Vote } from "../task.ts";
import { doubtOf } from "../wait.ts";
import type { Refused } from "./answer-waits.ts";
import { isSame } from "./decide-task.ts";

/** A form is filled in. That the data fits its schema was seen before: the kernel knows none. */
export async function completeTask(
  draft: Draft,
  command: CommandOf<"task.complete">,
): Promise<Refused | undefined> {
  const task = own(draft.run.tasks, command.task);
  const refused = refusal(task, command);
  if (!task || refused) return refused ?? { reason: "task_closed" };
  const { by, assertedBy, via = "api" } = command;
  const data = keepBounded(draft, command.data);
  const vote: Vote = {
    decision: "completed",
    by,
    via,
    at: draft.at,
    ...(assertedBy !== undefined && { assertedBy }),
  };
  const token = tokenAt(draft, task.token);
  emit(draft, { type: "task.completed", ...idsOf(token), task: task.id, vote, data });
  const doubt = doubtOf(token);
  await (doubt ? answerDoubt(draft, token, doubt, data) : succeed(draft, token, { output: data }));
  return undefined;
}

type Assigning = CommandOf<"task.claim" | "task.release" | "task.reassign">;

/** Who has a task in hand, or is asked. The run itself goes on as it was. */
export function assignTask(draft: Draft, command: Assigning): Refused | undefined {
  switch (command.type) {
    case "task.claim":
      return claimTask(draft, command);
    case "task.release":
      return releaseTask(draft, command);
    case "task.reassign":
      return reassignTask(draft, command);
  }
}

/** Somebody takes a task upon himself: nobody else completes it until it is released. */
function claimTask(draft: Draft, command: CommandOf<"task.claim">): Refused | undefined {
  const task = own(draft.run.tasks, command.task);
  const refused = refusal(task, command);
  if (!task || refused) return refused ?? { reason: "task_closed" };
  if (task.claimedBy !== undefined) return undefined;
  const ids = idsOf(tokenAt(draft, task.token));
  emit(draft, { type: "task.claimed", ...ids, task: task.id, by: command.by });
  return undefined;
}

/** Gives a claim up: one's own, or anybody's for those who run the house. */
function releaseTask(draft: Draft, command: CommandOf<"task.release">): Refused | undefined {
  const task = own(draft.run.tasks, command.task);
  const refused = refusal(task, { ...command, anyone: true, overrides: true });
  if (!task || refused) return refused ?? { reason: "task_closed" };
  if (task.claimedBy === undefined) return undefined;
  if (command.overrides !== true && !isSame(task.claimedBy, command.by)) return claimed(task);
  const ids = idsOf(tokenAt(draft, task.token));
  emit(draft, { type: "task.released", ...ids, task: task.id, by: command.by });
  return undefined;
}

/** Others are asked instead. A claim ends with it. */
function reassignTask(draft: Draft, command: CommandOf<"task.reassign">): Refused | undefined {
  const task = own(draft.run.tasks, command.task);
  const refused = refusal(task, { ...command, anyone: true, overrides: true });
  if (!task || refused) return refused ?? { reason: "task_closed" };
  const { by, assignees } = command;
  const ids = idsOf(tokenAt(draft, task.token));
  emit(draft, { type: "task.reassigned", ...ids, task: task.id, by, assignees });
  return undefined;
}

type Asking = Readonly<{ by: string; anyone?: boolean; overrides?: boolean }>;

function refusal(task: OpenTask | undefined, { by, anyone, overrides }: Asking) {
  if (!task) return { reason: "task_closed" } as const;
  if (task.kind === undefined) return { reason: "task_is_approval" } as const;
  if (anyone !== true && !mayAnswer(task, by)) return { reason: "not_an_approver" } as const;
  const isOthers = task.claimedBy !== undefined && !isSame(task.claimedBy, by);
  return isOthers && overrides !== true ? claimed(task) : undefined;
}

function claimed({ claimedBy, id }: OpenTask): Refused {
  return { reason: "task_claimed", data: { task: id, claimedBy: claimedBy ?? "" } };
}

/** Whoever is named; anybody for a group, which has no directory, and where nobody is named. */
export function mayAnswer(
  { approvers, groups = [] }: Pick<OpenTask, "approvers" | "groups">,
  person: string,
): boolean {
  if (approvers.length === 0 || groups.length > 0) return true;
  return approvers.some((one) => isSame(one, person));
}
