import type { CommandOf } from "../command.ts";
import { fail, idsOf, nodeOf } from "../depart.ts";
import { beginStep, type Draft, emit } from "../draft.ts";
import { tokenAt } from "../nodes/begin.ts";
import { isAtMostOnce, mayRepeatUnknown, RECOVERIES_MAX } from "../nodes/effect.ts";
import { openJob } from "../nodes/job.ts";
import { type Token, tokensOf } from "../run.ts";
import type { Refused } from "./answer-waits.ts";
import { settleStep } from "./settle-step.ts";

/** A job was done, or failed. Only the attempt that is current may say so: the log is the fence. */
export async function settleJob(
  draft: Draft,
  command: CommandOf<"job.settle">,
): Promise<Refused | undefined> {
  const token = tokenOf(draft, command);
  if (!token) return { reason: "job_superseded" };
  beginStep(draft);
  await settleStep(draft, token, command.result);
  return undefined;
}

/**
 * Whoever took a job is not heard of. It is offered again at once, because its lease has let time
 * pass already; or, where it may be done at most once, its outcome is unknown.
 */
export async function loseJob(
  draft: Draft,
  command: CommandOf<"job.lose">,
): Promise<Refused | undefined> {
  const token = tokenOf(draft, command);
  if (!token) return { reason: "job_superseded" };
  beginStep(draft);
  const until = token.wait?.kind === "job" ? token.wait.until : undefined;
  if (isAtMostOnce(draft, token) && !(await mayRepeatUnknown(draft, token))) return undefined;
  const { attempt, node, id } = token;
  const recovery = token.recoveries + 1;
  if (recovery > RECOVERIES_MAX) {
    const message = `the worker of attempt ${attempt} of ${node} was lost, after ${RECOVERIES_MAX} recoveries`;
    await fail(draft, token, { code: "WORKER_LOST", message, retryable: true });
    return undefined;
  }
  const kind = nodeOf(draft, token).type;
  emit(draft, {
    type: "step.started",
    ...idsOf(token),
    kind,
    attempt: attempt + 1,
    recovery,
  });
  openJob(draft, tokenAt(draft, id), { until });
  return undefined;
}

/** The time of an attempt is over; whether anybody is still at it, nobody knows. */
export function expireJob(draft: Draft, token: Token): Promise<void> {
  const message = `the job of ${token.node} was not done in time`;
  return settleStep(draft, token, {
    ok: false,
    code: "TIMEOUT",
    message,
    retryable: true,
    lost: true,
  });
}

function tokenOf(
  draft: Draft,
  { job, attempt }: Readonly<{ job: string; attempt: number }>,
): Token | undefined {
  return tokensOf(draft.run).find(
    (token) =>
      token.status === "waiting" &&
      token.wait?.kind === "job" &&
      token.wait.job === job &&
      token.attempt === attempt,
  );
}
