import { hash as hashOnce, randomBytes, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { httpApp } from "../adapters/http/app.ts";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import type { HttpApp } from "../adapters/http/http.ts";
import { models } from "../adapters/models/models.ts";
import type { ModelsConfig } from "../adapters/models/models-config.ts";
import { guardedRequest } from "../adapters/net/guarded-request.ts";
import { openSqlite } from "../adapters/sqlite/open.ts";
import { sqliteArtifacts } from "../adapters/sqlite/sqlite-artifacts.ts";
import { type SqliteTable, sqliteTable } from "../adapters/sqlite/sqlite-table.ts";
import { tools } from "../adapters/tools/tools.ts";
import { toolProblems } from "../adapters/tools/validate-tool.ts";
import { createEngine, driveDeps } from "../core/engine/create-engine.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { timedId } from "../core/engine/ids.ts";
import { sendOwed } from "../core/engine/people/send-mail.ts";
import { runCache } from "../core/engine/run-cache.ts";
import { readTask, taskView } from "../core/engine/tasks.ts";
import type { Log } from "../core/ports/log.ts";
import type { Outbound } from "../core/ports/outbound.ts";
import type { Item } from "../core/ports/table.ts";
import { isOwedMail, tableOutbox } from "../core/store/outbox.ts";
import { tableReplays } from "../core/store/replays.ts";
import { runLog } from "../core/store/run-log.ts";
import { toolStore } from "../core/store/tools.ts";
import { workflowStore } from "../core/store/workflows.ts";
import { devRoutes } from "./dev-routes.ts";
import { type Drivers, drivers } from "./drivers.ts";
import { localMailbox } from "./local-mailbox.ts";
import { localSecrets } from "./local-secrets.ts";
import { localSigner } from "./local-signer.ts";
import { localWatch } from "./local-watch.ts";
import { openAccess } from "./open-access.ts";
import { schemas } from "./schemas.ts";
import { templateEvaluator } from "./template-evaluator.ts";
import { ticker } from "./ticker.ts";
import { timeTravel } from "./time-travel.ts";
import { openVirtualClock, type VirtualClock } from "./virtual-clock.ts";

export type LocalOptions = Readonly<{
  databaseFile: string;
  publicUrl: string;
  platformKey: string;
  apiKey: string;
  linkKey: Uint8Array;
  secretKey: Uint8Array;
  models: ModelsConfig;
  /** Serve the mailbox and the clock. */
  dev: boolean;
  version: string;
  log: Log;
}>;

export type Local = Readonly<{
  app: HttpApp;
  clock: VirtualClock;
  drivers: Drivers;
  stats: SqliteTable["stats"];
  /** Starts again what the process before left; how many runs that were. */
  recover(): Promise<number>;
  /** Lets what runs come to a commit, and closes the file. */
  close(): Promise<void>;
}>;

const RUNS_CACHED_MAX = 10_000;

/** The whole product in one process, on one SQLite file. */
export async function openLocal(options: LocalOptions): Promise<Local> {
  const { log } = options;
  const database = openSqlite(options.databaseFile);
  const sqlite = sqliteTable(database);
  const clock = await openVirtualClock(sqlite);
  const elapsed = () => performance.now();
  let engineDeps: EngineDeps | undefined;
  const work = drivers({ log, driveDeps: () => driveDeps(wired()) });
  const wired = (): EngineDeps => {
    if (!engineDeps) throw new Error("the engine is not wired yet");
    return engineDeps;
  };
  const clockwork = ticker({ table: sqlite, clock, log, elapsed, fire, isOwed });
  const table = clockwork.watched;
  const secrets = localSecrets({ table, key: options.secretKey });
  const signer = localSigner(options.linkKey);
  const mailbox = localMailbox({ table, clock });
  const evaluate = templateEvaluator(clock);
  const artifacts = sqliteArtifacts(database);
  const access = await openAccess({ ...options, table, clock, newId });
  const request: Outbound = (call) => guardedRequest({ ...call, allowLoopback: true });

  engineDeps = {
    table,
    clock,
    signer,
    schemas,
    hash,
    elapsed,
    toolProblems: (name, tool) => toolProblems({ ...tool, name }),
    pause: (ms) => pause(ms),
    log: runLog({ table, artifacts, hash: hashText, salt }),
    cache: runCache({ sizeMax: RUNS_CACHED_MAX, isAuthority: true }),
    watch: localWatch(),
    queue: work,
    workflows: workflowStore({ table, hash, elapsed }),
    toolStore: toolStore({ table, hash, elapsed }),
    tools: tools({ secrets, evaluate, request }),
    models: models(options.models, {
      env: process.env,
      secret: (name) => secrets.get("platform", name),
      request,
      checkObject: (schema, value) => schemas.validate(schema, value, "object"),
    }),
    randomness: { hex: () => random("hex"), unit: () => Math.random() },
    limitsOf: async (tenant) => {
      const found = await access.tenant(tenant);
      return found.ok ? found.value.limits : {};
    },
  };
  const engine = createEngine(engineDeps);
  const owed = {
    outbox: tableOutbox(table),
    mailer: mailbox,
    signer,
    clock,
    publicUrl: options.publicUrl,
    log,
    taskOf: async (tenant: string, id: string) => {
      const task = await readTask(wired(), tenant, id);
      return task && taskView(task);
    },
  };

  async function fire(row: Item): Promise<void> {
    if (isOwedMail(row)) await sendOwed(owed, row);
    else if (row["kind"] === "run") {
      work.wake({ tenant: String(row["tenant"]), runId: String(row["run"]) });
    }
  }

  const app = httpApp({
    engine,
    access,
    secrets,
    replays: tableReplays({ table, clock }),
    limits: HTTP_LIMITS,
    version: options.version,
    publicUrl: options.publicUrl,
    log,
    health: async () => (await sqlite.get({ pk: "platform#clock", sk: "clock" })) !== null,
    newId: () => randomUUID(),
  });
  const dev = devRoutes({
    mailbox,
    clock,
    advance: timeTravel({ clock, ticker: clockwork, drivers: work }),
    allowed: options.dev,
    publicUrl: options.publicUrl,
  });

  return {
    app: (request) => dev(request) ?? app(request),
    clock,
    drivers: work,
    stats: sqlite.stats,
    recover: clockwork.recover,
    async close() {
      clockwork.stop();
      await work.drain(5_000);
      sqlite.close();
    },
  };
}

/** What a driver was doing when the process died: it has no due time of its own. */
function isOwed(row: Item): boolean {
  return isOwedMail(row) || row["owed"] === true;
}

function newId(prefix: string): string {
  return `${prefix}${timedId(Date.now(), random("hex"))}`;
}

function salt(): string {
  return random("base64url");
}

const POOL_BYTES = 16 * 1024;
let pool = Buffer.alloc(0);

/** 16 random bytes, from a pool: asking the system for each costs more than all else of a commit. */
function random(encoding: "hex" | "base64url"): string {
  if (pool.length < 16) pool = randomBytes(POOL_BYTES);
  const text = pool.toString(encoding, 0, 16);
  pool = pool.subarray(16);
  return text;
}

function hash(text: string): string {
  return hashOnce("sha256", text, "hex");
}

function hashText(text: string): string {
  return hashOnce("sha256", text, "base64url");
}
