import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type JsonClient, succeeded } from "../support/client.ts";
import type { Load } from "./load.ts";
import type { Options } from "./options.ts";
import { ratios, report } from "./report.ts";
import { newFolder, type Server, startServer } from "./server.ts";

const MEMORY = "/dev/shm";
/** Each time round is a call, which starts and ends: two events. */
const EVENTS_A_ROUND = 2;

const loop = {
  name: "long-run",
  vars: { n: 0 },
  nodes: [
    { id: "call", type: "tool", tool: "pad", assign: { n: "{% $vars.n + 1 %}" } },
    { id: "done", type: "end", output: "{% $vars.n %}" },
  ],
  edges: [
    { from: "call", to: "call", when: "{% $vars.n < $input.rounds %}" },
    { from: "call", to: "done" },
  ],
  limits: { maxVisits: 100_000 },
} as const;

/** A run with very many events: what each way of reading it takes, page by page. */
export async function benchLongRun(_load: Load, options: Options): Promise<void> {
  // Making it is not what is measured, and goes many times faster where an fsync is free.
  const folder = await newFolder(existsSync(MEMORY) ? MEMORY : options.parentFolder);
  try {
    const first = await startServer(folder);
    await first.publish(loop);
    const began = performance.now();
    const rounds = Math.ceil(options.longRunEvents / EVENTS_A_ROUND);
    const id = await started(first.client, rounds);
    const run = await ended(first.client, id);
    const madeMs = performance.now() - began;
    await first.stop();
    // Nothing that is measured is in the memory of the process that made it.
    const server = await startServer(folder);
    report("long-run", { events: run["seq"], madeMs, ...(await readings(server, id)) });
    await server.stop();
  } finally {
    folder.remove();
  }
}

async function readings(server: Server, id: string) {
  const { client } = server;
  const at = `/v1/runs/${id}`;
  const readMs = await timed(() => get(client, at));
  const explainMs = await timed(() => get(client, `${at}/explain`));
  const events = await pages(client, `${at}/events?limit=200`);
  const rareMs = await timed(() => get(client, `${at}/events?type=run.waiting`));
  const steps = await pages(client, `${at}/steps?limit=200`);
  const verify = await verified(client, at);
  const forks = await forked(client, at);
  const read = Math.max(readMs, explainMs, rareMs, ...Object.values(forks));
  const pageMsMax = Math.max(read, events.msMax, steps.msMax, verify.msMax);
  return {
    readMs,
    explainMs,
    eventPages: events.count,
    eventPageMsMax: events.msMax,
    rareEventPageMs: rareMs,
    stepPages: steps.count,
    stepPageMsMax: steps.msMax,
    verifyPages: verify.count,
    verifyPageMsMax: verify.msMax,
    ...forks,
    ...(await streamed(server, at)),
    ratio: ratios({ pageMs: pageMsMax }),
  };
}

/** From near its end, and from the middle, which is furthest from anything that is remembered. */
async function forked(client: JsonClient, at: string) {
  const { seq } = (await get(client, at)) as unknown as { seq: number };
  const fork = async (point: number) =>
    succeeded(await client.post(`${at}/fork`, { at: point, dryRun: true }));
  const middle = Math.floor(seq / 2);
  return {
    stateMiddleMs: await timed(() => get(client, `${at}/state?at=${middle}`)),
    forkPreviewMiddleMs: await timed(() => fork(middle)),
    forkPreviewLateMs: await timed(() => fork(seq - 10)),
    forkLateMs: await timed(async () =>
      succeeded(await client.post(`${at}/fork`, { at: seq - 10 })),
    ),
    forkMiddleMs: await timed(async () =>
      succeeded(await client.post(`${at}/fork`, { at: middle })),
    ),
  };
}

async function verified(client: JsonClient, at: string) {
  let count = 0;
  let msMax = 0;
  for (let after: string | null = "0"; after !== null; count++) {
    const began = performance.now();
    const part: JsonObject = await get(client, `${at}/ledger/verify?after=${after}`);
    msMax = Math.max(msMax, performance.now() - began);
    if (part["ok"] !== true) throw new Error(`the ledger: ${JSON.stringify(part["errors"])}`);
    after = part["nextCursor"] as string | null;
  }
  return { count, msMax };
}

async function streamed({ port }: Server, at: string) {
  const began = performance.now();
  const headers = { authorization: "Bearer hf_bench_key" };
  const response = await fetch(`http://127.0.0.1:${port}${at}/stream`, { headers });
  let firstMs: number | undefined;
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    firstMs ??= performance.now() - began;
    bytes += piece.length;
  }
  return { streamFirstMs: firstMs, streamMs: performance.now() - began, streamBytes: bytes };
}

async function pages(client: JsonClient, path: string) {
  let count = 0;
  let msMax = 0;
  for (let cursor: string | null = ""; cursor !== null; count++) {
    const began = performance.now();
    const page = await get(client, cursor === "" ? path : `${path}&cursor=${cursor}`);
    msMax = Math.max(msMax, performance.now() - began);
    cursor = page["nextCursor"] as string | null;
  }
  return { count, msMax };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function ended(client: JsonClient, id: string): Promise<JsonObject> {
  for (;;) {
    const run = await get(client, `/v1/runs/${id}`);
    if (run["status"] === "succeeded") return run;
    if (run["endedAt"] !== null) throw new Error(`the long run is ${JSON.stringify(run["error"])}`);
    await delay(500);
  }
}

async function get(client: JsonClient, path: string): Promise<JsonObject> {
  return succeeded(await client.get(path));
}

async function started(client: JsonClient, rounds: number): Promise<string> {
  const start = { workflow: loop.name, input: { rounds } };
  return succeeded(await client.post("/v1/runs", start))["id"] as string;
}
