import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../core/kernel/json.ts";
import {
  type Answer,
  type JsonClient,
  jsonClient,
  succeeded,
} from "../../scripts/support/client.ts";
import { freePort } from "../../scripts/support/port.ts";
import { type Exit, type Proc, startNode } from "../../scripts/support/proc.ts";

const MAIN = fileURLToPath(new URL("../../local/main.ts", import.meta.url));

export type Tenant = Readonly<{ id: string; key: string; api: JsonClient }>;
export type TestServer = Awaited<ReturnType<typeof startServer>>;

/**
 * The product as people start it: a process of its own, on a data folder of its own.
 *
 * The port stays over restarts, because signed links and clients name it. `close` in `afterAll`.
 */
export async function startServer(env: Readonly<Record<string, string>> = {}) {
  const dataFolder = mkdtempSync(join(tmpdir(), "holdfast-e2e-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const keys = { admin: "hf_e2e_admin", platform: "hf_e2e_platform" };
  const clients: JsonClient[] = [];
  const printed: string[] = [];
  let life: Proc | undefined;

  const surroundings = {
    env: {
      PORT: String(port),
      HOLDFAST_DATA: dataFolder,
      HOLDFAST_API_KEY: keys.admin,
      HOLDFAST_PLATFORM_KEY: keys.platform,
      HOLDFAST_LOG: "info",
      NODE_OPTIONS: undefined,
      VITEST: undefined,
      ...env,
    },
  };

  function as(key: string | undefined): JsonClient {
    const client = jsonClient({ baseUrl: url, connectionsMax: 128, ...(key && { key }) });
    clients.push(client);
    return client;
  }

  function launch(): Proc {
    const started = startNode(MAIN, [], surroundings);
    life = started;
    return started;
  }

  /** When nobody asked for its end, what fails next is that nobody answers: that tells nothing. */
  async function watch(started: Proc): Promise<void> {
    const exit = await started.exited;
    if (life === started) process.stderr.write(lastWords(exit, started.output()));
  }

  async function start(): Promise<void> {
    const started = launch();
    await started.line(/Holdfast is ready at/);
    void watch(started);
  }

  async function over(how: (life: Proc) => Promise<Exit>): Promise<Exit> {
    if (!life) throw new Error("the server does not run");
    const ending = life;
    life = undefined;
    const exit = await how(ending);
    printed.push(ending.output());
    return exit;
  }

  const platform = as(keys.platform);
  const admin = as(keys.admin);
  await start();
  return {
    url,
    port,
    keys,
    dataFolder,
    databaseFile: join(dataFolder, "holdfast.db"),
    /** An admin of the tenant `default`. */
    api: admin,
    platform,
    as,
    start,
    /** Starts it and does not wait until it is ready. */
    launch,
    /** SIGKILL: nothing is said, nothing is flushed. */
    kill: () => over((proc) => proc.kill()),
    /** SIGTERM. */
    stop: () => over((proc) => proc.stop()),
    async killAndStart(): Promise<void> {
      await over((proc) => proc.kill());
      await start();
    },
    /** The same program on the same data folder, beside this one. */
    second: () => startNode(MAIN, [], { env: { ...surroundings.env, PORT: "0" } }),
    /** All that was printed and logged, over all lives. */
    output: () => [...printed, life?.output() ?? ""].join("\n"),
    async tenant(limits?: Readonly<Record<string, number>>): Promise<Tenant> {
      const body = { name: "e2e", ...(limits && { limits }) };
      const { id } = made(await platform.post("/v1/tenants", body));
      const key = made(
        await platform.post(`/v1/tenants/${id}/keys`, { name: "admin", role: "admin" }),
      ).key;
      return { id, key, api: as(key) };
    },
    /** A key of the tenant `default`. */
    async key(request: JsonObject): Promise<Readonly<{ id: string; api: JsonClient }>> {
      const { id, key } = made(await admin.post("/v1/keys", request));
      return { id, api: as(key) };
    },
    async close(): Promise<void> {
      for (const client of clients) client.close();
      if (life) await over((proc) => proc.kill());
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function made(answer: Answer): Readonly<{ id: string; key: string }> {
  return succeeded(answer) as unknown as { id: string; key: string };
}

function lastWords({ code, signal }: Exit, output: string): string {
  return `the server ended by itself (code ${code}, signal ${signal}). Its last words:\n${output.slice(-4_000)}\n`;
}
