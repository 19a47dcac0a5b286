import { instantText } from "./duration.ts";
import { localName } from "./frames.ts";
import { heldBy } from "./hold.ts";
import type { Instant, Json } from "./json.ts";
import { openParts } from "./open-events.ts";
import { type Run, stepOf, type Token, tokensOf } from "./run.ts";

/** What a run waits for, as readers see it: kind, since when, until when, and where. */
export function waitingOn(run: Run): readonly { readonly [key: string]: Json }[] {
  return tokensOf(run).flatMap((token) => {
    if (token.status === "held") {
      return [{ ...heldBy(token), since: instantText(token.since), ...untilOf(token.dueAt) }];
    }
    if (token.status !== "waiting" && token.status !== "retrying") return [];
    const { wait } = token;
    const since = instantText(token.since);
    const at = { node: localName(token.node), step: stepOf(token) };
    if (wait?.kind !== "several")
      return [{ ...kindOf(token), since, ...untilOf(endOf(token)), ...at }];
    return openParts(wait).map(({ is }) => {
      if (is.kind === "timer") return { kind: "timer", since, ...untilOf(is.until), ...at };
      return { ...eventOf(is), since, ...untilOf(wait.until), ...at };
    });
  });
}

function kindOf(token: Token): { readonly [key: string]: Json } {
  const { wait } = token;
  if (token.status === "retrying") return { kind: "retry", attempt: token.attempt + 1 };
  if (wait && "task" in wait) return { kind: wait.kind, task: wait.task };
  if (wait?.kind === "job") return { kind: "job", job: wait.job, tool: wait.tool };
  if (wait?.kind === "event") return eventOf(wait);
  if (wait?.kind === "child") return { kind: "child", run: wait.run };
  return { kind: "timer" };
}

function eventOf({ name, key }: { name: string; key?: string }): { readonly [key: string]: Json } {
  return { kind: "event", name, ...(key !== undefined && { key }) };
}

/** Reminders come before the end of a wait, and are not it. */
function endOf({ wait, dueAt }: Token): Instant | undefined {
  return wait && "task" in wait ? wait.until : dueAt;
}

function untilOf(dueAt: Instant | undefined): { until?: string } {
  return dueAt === undefined ? {} : { until: instantText(dueAt) };
}
