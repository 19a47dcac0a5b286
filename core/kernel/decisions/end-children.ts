import type { CommandOf, Result } from "../command.ts";
import { idsOf } from "../depart.ts";
import { beginStep, type Draft, emit, isFull } from "../draft.ts";
import type { Json } from "../json.ts";
import { errorOfChild, startAnotherChild, succeedChild, waiterFor } from "../nodes/subflow.ts";
import { hasEnded, type Token } from "../run.ts";
import { settleStep } from "./settle-step.ts";

/**
 * Children that ended. One that nobody waits for any more is passed over; what this commit cannot
 * hold is told again.
 */
export async function endChildren(draft: Draft, { ends }: CommandOf<"child.end">): Promise<void> {
  for (const { child, status, output, error } of ends) {
    if (hasEnded(draft.run) || isFull(draft)) return;
    const token = waiterFor(draft, child);
    if (!token) continue;
    beginStep(draft);
    if (status === "started") {
      await succeedChild(draft, token, { runId: child });
      continue;
    }
    if (status === "lost") {
      await startAnotherChild(draft, token);
      continue;
    }
    if (status !== "refused") emit(draft, { type: "child.ended", ...idsOf(token), child, status });
    if (status === "succeeded") await succeedChild(draft, token, output ?? null);
    else if (status === "refused" && error) await settleStep(draft, token, failure(error));
    else await settleStep(draft, token, failure(errorOfChild(child, status, error)));
  }
}

/** A child that takes too long. Its run is cancelled, because nobody waits for it any more. */
export function expireChild(draft: Draft, token: Token): Promise<void> {
  const message = `the child of ${token.node} took longer than it may`;
  return settleStep(draft, token, failure({ code: "TIMEOUT", message }));
}

/**
 * Whether it is tried again is for the author to say: a run's failure is not a protocol's. A child
 * that somebody has cancelled is not begun again, unless the author names that.
 */
function failure({
  code,
  message,
  cause,
  retryable = true,
}: {
  code: string;
  message: string;
  cause?: Json;
  retryable?: boolean;
}): Result {
  return { ok: false, code, message, retryable, ...(cause !== undefined && { cause }) };
}
