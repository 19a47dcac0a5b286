import { deadLettersOf } from "./dead-letters.ts";
import { jobsOf } from "./jobs.ts";
import { runsOf } from "./runs.ts";
import { schedulesOf } from "./schedules.ts";
import { tasksOf } from "./tasks.ts";
import { keysOf, recordsOf, secretsOf } from "./tenant.ts";
import { tenantsOf } from "./tenants.ts";
import { toolsOf } from "./tools.ts";
import { type ClientOptions, type Method, type Sending, transportOf } from "./transport.ts";
import { hooksOf, webhooksOf } from "./webhooks.ts";
import type { EventRequest, EventSent } from "./wire.ts";
import { workflowsOf } from "./workflows.ts";

export type Holdfast = ReturnType<typeof connect>;

/** Talks to the product over HTTP, from Node and from browsers. */
export function connect(options: ClientOptions) {
  const transport = transportOf(options);
  return {
    workflows: workflowsOf(transport),
    runs: runsOf(transport),
    tasks: tasksOf(transport),
    tools: toolsOf(transport),
    schedules: schedulesOf(transport),
    deadLetters: deadLettersOf(transport),
    jobs: jobsOf(transport),
    webhooks: webhooksOf(transport),
    hooks: hooksOf(transport),
    keys: keysOf(transport),
    secrets: secretsOf(transport),
    records: recordsOf(transport),
    tenants: tenantsOf(transport),
    /** An event for every run that waits for it. */
    send: (event: EventRequest): Promise<EventSent> =>
      transport.send("POST", "/v1/events", { body: event }),
    /** Any route: with the same key, retries and errors as the others. */
    request: <Answer = unknown>(method: Method, path: string, about?: Sending): Promise<Answer> =>
      transport.send(method, path, about),
  };
}
