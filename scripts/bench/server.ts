import { readdirSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../../core/kernel/json.ts";
import { type JsonClient, jsonClient, succeeded } from "../support/client.ts";
import { freePort } from "../support/port.ts";
import { type Proc, startNode } from "../support/proc.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SERVER = join(ROOT, "local", "main.ts");
export const KEY = "hf_bench_key";
const PLATFORM_KEY = "hf_bench_platform_key";

/** The part of `GET /dev/stats` that the bench reads. */
export type ServerStats = Readonly<{
  /** Of all threads of the process, since it began. */
  cpu: Readonly<{ userMs: number; systemMs: number }>;
  memory: Readonly<{ rss: number; heapUsed: number }>;
  table: Readonly<{
    commits: number;
    checkpoints: number;
    writes: number;
    transactions: number;
    rows: number;
  }>;
}>;

export type Server = Readonly<{
  port: number;
  client: JsonClient;
  /** When the process was spawned, on the clock of `performance`. */
  spawnedAt: number;
  /** From then to the first connection it took, and to its first good answer. */
  listeningMs: number;
  servingMs: number;
  stats(): Promise<ServerStats>;
  publish(workflow: Json): Promise<void>;
  kill: Proc["kill"];
  /** Drains, and moves the write-ahead log into the database. */
  stop(): Promise<void>;
}>;

export type Folder = Readonly<{ path: string; bytes(): number; remove(): void }>;

/** A data folder for one bench. */
export async function newFolder(parent: string): Promise<Folder> {
  const path = await mkdtemp(join(parent, "holdfast-bench-"));
  return {
    path,
    bytes: () => readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts the product as `npm start` does, and waits until it answers. */
export async function startServer(folder: Folder): Promise<Server> {
  const port = await freePort();
  const client = jsonClient({ baseUrl: `http://127.0.0.1:${port}`, key: KEY });
  const spawned = performance.now();
  const proc = startNode(SERVER, [], {
    cwd: ROOT,
    env: {
      // As `npm start` has it.
      NODE_OPTIONS: "--max-semi-space-size=64",
      PORT: String(port),
      HOST: "127.0.0.1",
      HOLDFAST_DATA: folder.path,
      HOLDFAST_API_KEY: KEY,
      HOLDFAST_PLATFORM_KEY: PLATFORM_KEY,
      HOLDFAST_MODELS: undefined,
      HOLDFAST_PUBLIC_URL: undefined,
      HOLDFAST_LOG: undefined,
    },
  });
  const { listeningMs, servingMs } = await ready(proc, client, spawned);
  return {
    port,
    client,
    spawnedAt: spawned,
    listeningMs,
    servingMs,
    stats: async () => succeeded(await client.get("/dev/stats")) as unknown as ServerStats,
    publish: async (workflow) => void succeeded(await client.post("/v1/workflows", workflow)),
    async kill() {
      const exit = await proc.kill();
      client.close();
      return exit;
    },
    async stop() {
      client.close();
      const { code } = await proc.stop();
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${proc.output()}`);
    },
  };
}

const READY_MS_MAX = 30_000;

async function ready(proc: Proc, client: JsonClient, spawned: number) {
  let listeningMs: number | undefined;
  let ended = false;
  void proc.exited.then(() => (ended = true));
  for (;;) {
    const answer = await client.get("/healthz").catch(() => undefined);
    const ms = performance.now() - spawned;
    if (answer) listeningMs ??= ms;
    if (listeningMs !== undefined && answer?.status === 200) return { listeningMs, servingMs: ms };
    if (ended) throw new Error(`the server did not start:\n${proc.output()}`);
    if (ms > READY_MS_MAX) throw new Error(`the server is not ready:\n${proc.output()}`);
    await delay(2);
  }
}
