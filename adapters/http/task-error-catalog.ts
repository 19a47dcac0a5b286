import type { ProblemKind } from "./problem-kind.ts";

/** What can be said against an answer of a person. */
export const TASK_PROBLEMS = {
  TASK_DECIDED: {
    status: 409,
    title: "The task was decided otherwise",
    next: "`decision`, `decidedBy` and `at` say what holds. Yours was not recorded.",
  },
  TASK_CLAIMED: {
    status: 409,
    title: "Somebody else has claimed the task",
    next: "`claimedBy` says who. It can be released by that person, or by an operator.",
  },
  TASK_IS_APPROVAL: {
    status: 409,
    title: "The task is an approval",
    next: "Send a decision to `/decide`. Approvals are not claimed, reassigned or completed.",
  },
  TASK_IS_FORM: {
    status: 409,
    title: "The task is no approval",
    next: "Send the answer to `/complete`.",
  },
  INVALID_FORM: {
    status: 422,
    title: "The answer does not fit the form",
    next: "`errors` lists each fault with its path. The task is still open.",
  },
  TASK_CLOSED: {
    status: 409,
    title: "The task is closed",
    next: "It expired or was cancelled with its run; there is nothing to decide.",
  },
  ALREADY_VOTED: {
    status: 409,
    title: "This person has decided already",
    next: "A decision counts once and is not changed. Others of the quorum still decide.",
  },
  DIGEST_MISMATCH: {
    status: 409,
    title: "What is decided upon has changed",
    next: "Read the task again, look at the new preview, and decide on its digest.",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
