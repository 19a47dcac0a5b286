import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { RunView, StepView, TaskView } from "../../core/engine/views.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { type Answer, type JsonClient, succeeded } from "../../scripts/support/client.ts";
import type { ToolServer } from "./tool-server.ts";

export type EventShown = Readonly<{
  id: string;
  runId: string;
  seq: number;
  type: string;
  at: string;
  actor: JsonObject;
  data: JsonObject;
}>;

/** Publishes a document; its nodes may leave out their edges when they are a chain. */
export async function publish(api: JsonClient, document: JsonObject): Promise<void> {
  const nodes = document["nodes"] as readonly { id: string }[];
  const chain = nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]?.id ?? "", to: id }));
  succeeded(await api.post("/v1/workflows", { edges: chain, ...document }));
}

export async function registerTool(
  api: JsonClient,
  tools: ToolServer,
  name: string,
  config: JsonObject = {},
): Promise<void> {
  const tool = { kind: "http", config: { url: tools.url(`/${name}`), ...config } };
  succeeded(await api.put(`/v1/tools/${name}`, tool));
}

/** Starts a run and answers with it as it is when it ends or first waits. */
export async function start(
  api: JsonClient,
  workflow: string,
  input: Json = null,
  more: JsonObject = {},
): Promise<RunView> {
  const answer = await api.post("/v1/runs?wait=10", { workflow, input, ...more });
  return succeeded(answer) as unknown as RunView;
}

/** Starts a run and waits for nothing. */
export async function begin(api: JsonClient, workflow: string, input: Json = null) {
  return succeeded(await api.post("/v1/runs", { workflow, input })) as unknown as RunView;
}

/** The id in an answer. */
export function idIn(answer: Answer): string {
  const id = answer.body["id"];
  if (typeof id === "string") return id;
  throw new Error(`no id in the answer ${answer.status}: ${answer.text}`);
}

export async function read(api: JsonClient, id: string): Promise<RunView> {
  return succeeded(await api.get(`/v1/runs/${id}`)) as unknown as RunView;
}

/** Asks again and again until the answer is there. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  withinMs = 15_000,
): Promise<T> {
  const until = performance.now() + withinMs;
  let found = await look();
  while (found === undefined) {
    if (performance.now() > until) throw new Error(`within ${withinMs} ms not: ${what}`);
    await delay(10);
    found = await look();
  }
  return found;
}

/** The run once it has a status. */
export function reaches(
  api: JsonClient,
  id: string,
  status: RunView["status"],
  withinMs?: number,
): Promise<RunView> {
  let last: RunView | undefined;
  const look = async () => {
    last = await read(api, id);
    return last.status === status ? last : undefined;
  };
  return eventually(`run ${id} ${status}`, look, withinMs).catch((cause: unknown) => {
    throw new Error(`run ${id} is not ${status}: ${JSON.stringify(last)}`, { cause });
  });
}

/** The run once it has ended, however. */
export function ended(api: JsonClient, id: string, withinMs?: number): Promise<RunView> {
  const look = async () => {
    const run = await read(api, id);
    return run.endedAt === null ? undefined : run;
  };
  return eventually(`run ${id} ended`, look, withinMs);
}

export async function eventsOf(api: JsonClient, id: string): Promise<readonly EventShown[]> {
  const events: EventShown[] = [];
  for (let after: string | null = "0"; after !== null; ) {
    const page = succeeded(await api.get(`/v1/runs/${id}/events?after=${after}&limit=200`));
    events.push(...(page["data"] as unknown as EventShown[]));
    after = page["nextCursor"] as string | null;
  }
  return events;
}

export async function typesOf(api: JsonClient, id: string): Promise<readonly string[]> {
  return (await eventsOf(api, id)).map(({ type }) => type);
}

export async function taskOf(api: JsonClient, runId: string): Promise<TaskView> {
  const page = succeeded(await api.get(`/v1/tasks?run=${runId}`));
  const [task] = page["data"] as unknown as readonly TaskView[];
  if (!task) throw new Error(`run ${runId} has no task`);
  return task;
}

/** The one visit of a node. */
export function stepOf(run: RunView, node: string, visit = 1): StepView {
  const step = run.steps.find((one) => one.node === node && one.visit === visit);
  if (!step) throw new Error(`run ${run.id} has no step ${node}.${visit}`);
  return step;
}

export async function advance(api: JsonClient, duration: string): Promise<number> {
  const clock = succeeded(await api.post("/dev/clock", { advance: duration }));
  return Date.parse((clock as { now: string }).now);
}

/** The links of the mails of a run's task, in the order of its approvers. */
export async function linkOf(api: JsonClient, taskId: string, to: string): Promise<string> {
  return eventually(`a mail to ${to} about ${taskId}`, async () => {
    const { data } = succeeded(await api.get("/dev/mail"));
    const mails = data as unknown as readonly { to: string; links: string[]; text: string }[];
    for (const mail of mails) {
      const link = mail.links.find((one) => one.includes("/approve/"));
      if (mail.to === to && link && taskIn(link) === taskId) return link;
    }
    return undefined;
  });
}

/** The task that a link decides: its claims can be read by everybody, and made by nobody else. */
function taskIn(link: string): string | undefined {
  const token = link.slice(link.lastIndexOf("/") + 1);
  for (const part of token.split(".")) {
    const text = Buffer.from(part, "base64url").toString("utf8");
    const task = /task_[0-9a-f-]{36}/.exec(text);
    if (task) return task[0];
  }
  return undefined;
}

/** A refusal with its status and code, the shape of every refusal. */
export function expectRefused(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body["code"] }, answer.text).toEqual({
    status,
    code,
  });
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(answer.body["requestId"]).toBe(answer.headers["x-request-id"]);
}
