import { instantText } from "./duration.ts";
import type { Instant, Json } from "./json.ts";
import { type Run, stepId, type Token, tokensOf } from "./run.ts";

/** What a run waits for, as readers see it: kind, since when, until when, and where. */
export function waitingOn(run: Run): readonly { readonly [key: string]: Json }[] {
  return tokensOf(run).flatMap((token) => {
    if (token.status !== "waiting" && token.status !== "retrying") return [];
    const { node, visit } = token;
    return [
      {
        ...kindOf(token),
        since: instantText(token.since),
        ...untilOf(token.dueAt),
        node,
        step: stepId(node, visit),
      },
    ];
  });
}

function kindOf(token: Token): { readonly [key: string]: Json } {
  const { wait } = token;
  if (token.status === "retrying") return { kind: "retry", attempt: token.attempt + 1 };
  if (wait?.kind === "approval") return { kind: "approval", task: wait.task };
  if (wait?.kind === "event") {
    const { name, key } = wait;
    return { kind: "event", name, ...(key !== undefined && { key }) };
  }
  return { kind: "timer" };
}

function untilOf(dueAt: Instant | undefined): { until?: string } {
  return dueAt === undefined ? {} : { until: instantText(dueAt) };
}
