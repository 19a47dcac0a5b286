import type {
  EventView,
  PublishedView,
  RunView,
  StepView,
  TaskView,
} from "../../core/engine/views.ts";
import type { Mail } from "../../core/ports/mailer.ts";
import { type Answer, succeeded } from "../support/client.ts";
import type { Stage } from "./stage.ts";

export type Verdict = Readonly<{
  ok: boolean;
  count: number;
  head: string;
  errors: readonly Readonly<{ seq: number; type: string }>[];
}>;

/** What the demo reads of the server, each by its route. */
export const look = {
  run: (stage: Stage, id: string) => one<RunView>(stage, `/v1/runs/${id}`),
  steps: (stage: Stage, id: string) => list<StepView>(stage, `/v1/runs/${id}/steps`),
  events: (stage: Stage, id: string) => list<EventView>(stage, `/v1/runs/${id}/events?limit=200`),
  ledger: (stage: Stage, id: string) => one<Verdict>(stage, `/v1/runs/${id}/ledger/verify`),
  task: (stage: Stage, id: string) => one<TaskView>(stage, `/v1/tasks/${id}`),
  mails: (stage: Stage) => list<Mail>(stage, "/dev/mail"),
  tool: (stage: Stage, name: string) => one<object>(stage, `/v1/tools/${name}`),
} as const;

export function runIn(answer: Answer): RunView {
  return succeeded(answer) as unknown as RunView;
}

export function publishedIn(answer: Answer): PublishedView {
  return succeeded(answer) as unknown as PublishedView;
}

async function one<T>(stage: Stage, path: string): Promise<T> {
  return succeeded(await stage.client().get(path)) as T;
}

/** All entries of a list that fits on one page. */
async function list<T>(stage: Stage, path: string): Promise<readonly T[]> {
  const { data } = await one<{ data: readonly T[] }>(stage, path);
  return data;
}
