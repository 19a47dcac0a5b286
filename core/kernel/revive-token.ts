import type { Instant } from "./json.ts";
import type { Token } from "./run.ts";

/**
 * A token that a failure stopped. Waits for a time or an event go on as they were. A call that was
 * in flight is an orphan, which the next driver takes over. Whatever else was under way begins
 * again, as the same visit; a child is taken up again.
 */
export function revive(token: Token, at: Instant): Token {
  const { stopped, wait, dueAt: _due, recovering: _recovering, ...bare } = token;
  const isUnderWay = token.status !== "ready" && token.status !== "mapping";
  if (token.visit === 0 || (!stopped && !isUnderWay)) {
    return stopped ? { ...bare, since: at } : token;
  }
  if (!stopped && token.status === "waiting" && isOpenAgain(token)) {
    return { ...token, since: at };
  }
  const { reconciling } = bare;
  const asked = reconciling && { reconciling: { ...reconciling, tries: 0 } };
  const fresh = { ...bare, recoveries: 0, since: at, ...asked };
  if (!stopped && token.status === "running") return { ...fresh, spent: token.attempt - 1 };
  const gated = wait?.kind === "approval" && wait.gate === true;
  const child = wait?.kind === "child" ? { child: wait.run } : {};
  if (token.stuck) return { ...bare, status: "ready", since: at };
  return { ...fresh, status: "ready", spent: token.attempt, ...(gated && { gated }), ...child };
}

/** Whether a wait can be taken up where it was: a task was closed, and is not opened again. */
function isOpenAgain({ wait }: Token): boolean {
  return wait?.kind === "timer" || wait?.kind === "event" || wait?.kind === "several";
}
