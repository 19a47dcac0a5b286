import type { Event } from "../kernel/event.ts";
import type { RunKey } from "../ports/queue.ts";

/** What those who wait for a job of a tool follow. No run has such an id. */
export function jobTopic(tenant: string, tool: string): RunKey {
  return { tenant, runId: `job ${tool}` };
}

/** The topics of the jobs that a commit offers. */
export function jobTopics(tenant: string, events: readonly Event[]): readonly RunKey[] {
  const tools = new Set<string>();
  for (const event of events) {
    if (event.type !== "step.waiting" || event.wait.kind !== "job") continue;
    if (event.wait.ref === undefined) tools.add(event.wait.tool);
  }
  return [...tools].map((tool) => jobTopic(tenant, tool));
}
