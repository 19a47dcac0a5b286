import { randomUUID } from "node:crypto";
import { httpApp } from "../adapters/http/app.ts";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import type { HttpApp } from "../adapters/http/http.ts";
import type { ModelsConfig } from "../adapters/models/models-config.ts";
import { openSqlite } from "../adapters/sqlite/open.ts";
import { sqliteArtifacts } from "../adapters/sqlite/sqlite-artifacts.ts";
import { sqliteTable } from "../adapters/sqlite/sqlite-table.ts";
import { sqliteTenantData } from "../adapters/sqlite/sqlite-tenant-data.ts";
import type { ToolsConfig } from "../adapters/tools/targets.ts";
import type { Access } from "../core/engine/access.ts";
import { auditOf } from "../core/engine/audit.ts";
import { createEngine, driveDeps } from "../core/engine/create-engine.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { closingAccess } from "../core/engine/fan-out/closing-access.ts";
import { type DueHandler, fireDue } from "../core/engine/fire-due.ts";
import { timedId } from "../core/kernel/ids.ts";
import type { Log } from "../core/ports/log.ts";
import { tableReplays } from "../core/store/replays.ts";
import { dueHandlers } from "../wiring/due-handlers.ts";
import { type EngineOptions, engineParts } from "../wiring/engine-parts.ts";
import { processWatch } from "../wiring/process-watch.ts";
import { random } from "../wiring/random.ts";
import { devRoutes } from "./dev-routes.ts";
import { type Drivers, drivers } from "./drivers.ts";
import { localChannels } from "./local-channels.ts";
import { type LocalFanOut, localFanOut, type Told } from "./local-fan-out.ts";
import { localFunctions } from "./local-functions.ts";
import { localMailbox } from "./local-mailbox.ts";
import { localMetrics } from "./local-metrics.ts";
import { localNotary } from "./local-notary.ts";
import { localSecrets } from "./local-secrets.ts";
import { localSigner } from "./local-signer.ts";
import { openAccess } from "./open-access.ts";
import { processStats } from "./process-stats.ts";
import type { SeedRoutes } from "./settings.ts";
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
  ledgerKey: Uint8Array;
  models: ModelsConfig;
  tools?: ToolsConfig;
  /** Serve the mailbox and the clock. */
  dev: boolean;
  seedRoutes: SeedRoutes;
  version: string;
  log: Log;
}>;

export type Local = Readonly<{
  app: HttpApp;
  clock: VirtualClock;
  /** Takes WebSockets on the server's port, too. */
  listen: LocalFanOut["listen"];
  /** Starts again what the process before left; how many runs that were. */
  recover(): Promise<number>;
  /** Lets what runs come to a commit, and closes the file. */
  close(): Promise<void>;
}>;

/** How long calls that are under way may take to end when the server is told to stop. */
const DRAIN_MS_MAX = 5_000;

/** The whole product in one process, on one SQLite file. */
export async function openLocal(options: LocalOptions): Promise<Local> {
  const { log, publicUrl } = options;
  const database = openSqlite(options.databaseFile);
  const sqlite = sqliteTable(database);
  const clock = await openVirtualClock(sqlite);
  const wired: Wired = {};
  const work = drivers({ log, driveDeps: () => driveDeps(engineOf(wired)) });
  const clockwork = ticker({
    table: sqlite,
    clock,
    log,
    isOwed: (row) => wired.due?.isOwed(row) ?? false,
    elapsed: () => performance.now(),
    fire: (row) => wired.due?.fire(row),
  });
  const telling = localFanOut(database, { table: clockwork.watched, log });
  const table = telling.watched;
  const secrets = localSecrets({ table, key: options.secretKey });
  const mailbox = localMailbox({ table, clock });
  const access = await openAccess({ ...options, table, clock, newId });
  const artifacts = sqliteArtifacts(database);
  const channels = localChannels(mailbox);
  const metrics = localMetrics();
  const world = { table, artifacts, clock, secrets, access, queue: work, channels, metrics };
  wired.engine = localEngine(world, options);
  const data = [sqliteTenantData(database)];
  const { engine } = wired;
  const told = telling.open(engine, secrets);
  const due = dueHandlers({ engine, queue: work, access, mailer: mailbox, publicUrl, log, data });
  wired.due = fireDue({ ...due, ...telling.due() });

  const app = localApp({ ...world, ...told }, engine, options);
  const dev = devRoutes({
    mailbox,
    clock,
    advance: timeTravel({ clock, ticker: clockwork, idle: idleOf(work, telling) }),
    stats: () =>
      processStats({
        table: sqlite.stats(),
        drives: work.active(),
        scheduler: clockwork.stats(),
      }),
    metrics: () => metrics.text(),
    allowed: options.dev,
    publicUrl,
  });
  return {
    app: (request) => dev(request) ?? app(request),
    clock,
    listen: (server, hosts) => telling.listen(server, hosts),
    async recover() {
      const again = await clockwork.recover();
      // It may be long, and nobody who asks has to wait for it.
      telling.catchUp().catch((error: unknown) => {
        log.error("what was not told before is not told yet", { error: String(error) });
      });
      return again;
    },
    async close() {
      clockwork.stop();
      await work.drain(DRAIN_MS_MAX);
      await telling.close(DRAIN_MS_MAX);
      sqlite.close();
    },
  };
}

/** Runs first, then what they had to tell. */
function idleOf(work: Drivers, telling: LocalFanOut) {
  return async (ms: number) => {
    await work.idle(ms);
    await telling.idle(ms);
  };
}

/** The engine needs the queue and the table that watches it, and they need the engine. */
type Wired = { engine?: EngineDeps; due?: Required<DueHandler> };

function engineOf({ engine }: Wired): EngineDeps {
  if (!engine) throw new Error("the engine is not wired yet");
  return engine;
}

type World = Pick<
  EngineOptions,
  "table" | "artifacts" | "clock" | "secrets" | "queue" | "channels" | "metrics"
> &
  Readonly<{ access: Access }>;

/** The engine of a process that is alone with its file. */
function localEngine(
  world: World,
  {
    linkKey,
    ledgerKey,
    models,
    tools,
  }: Pick<LocalOptions, "linkKey" | "ledgerKey" | "models" | "tools">,
): EngineDeps {
  return engineParts({
    ...world,
    // The ticker looks at every row that is written, and fires it at its time.
    timers: { set: () => undefined },
    watch: () => processWatch(),
    signer: localSigner(linkKey),
    notary: localNotary(ledgerKey),
    models,
    ...(tools && { toolsConfig: tools, functions: localFunctions(tools.localFunctions) }),
    isAuthority: true,
    allowLoopback: true,
  });
}

function localApp(
  { table, clock, access, secrets, webhooks, streams, tickets, hooks, live }: World & Told,
  engine: EngineDeps,
  { version, publicUrl, log, apiKey, seedRoutes }: LocalOptions,
): HttpApp {
  return httpApp({
    engine: createEngine(engine),
    access: closingAccess(access, live),
    audit: auditOf({ table, clock, newId }),
    secrets,
    webhooks,
    streams,
    tickets,
    hooks,
    replays: tableReplays({ table, clock }),
    limits: HTTP_LIMITS,
    version,
    publicUrl,
    ...(seedRoutes !== "off" && {
      seedRoutes: seedRoutes === "open" ? { openKey: apiKey } : {},
    }),
    log,
    health: async () => (await access.tenants({ limit: 1 })).data.length > 0,
    newId: () => randomUUID(),
  });
}

function newId(prefix: string): string {
  return `${prefix}${timedId(Date.now(), random("hex"))}`;
}
