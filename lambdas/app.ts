import { randomUUID } from "node:crypto";
import { httpApp } from "../adapters/http/app.ts";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import type { HttpApp } from "../adapters/http/http.ts";
import type { Access } from "../core/engine/access.ts";
import { auditOf } from "../core/engine/audit.ts";
import { createEngine } from "../core/engine/create-engine.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { streamsOf } from "../core/engine/fan-out/follow-run.ts";
import { hooksOf } from "../core/engine/fan-out/hooks.ts";
import { ticketsOf } from "../core/engine/fan-out/tickets.ts";
import { webhooksOf } from "../core/engine/fan-out/webhooks.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import { tableReplays } from "../core/store/replays.ts";
import { log, newId } from "./store.ts";
import { VERSION } from "./version.ts";

export type AppMeans = Readonly<{
  engine: EngineDeps;
  fanOut: FanOutDeps;
  access: Access;
  secrets: Secrets;
  publicUrl: string;
  /** Serve the routes of other systems, too. */
  seedRoutes?: boolean;
  /** The function is granted no write: its log alone says what it refused. */
  readsOnly?: boolean;
}>;

/** The HTTP app on what a function has. */
export function appOf(means: AppMeans): HttpApp {
  const { engine, fanOut, access, secrets, publicUrl, seedRoutes, readsOnly } = means;
  const { table, clock } = engine;
  const audit = auditOf({ table, clock, newId });
  return httpApp({
    engine: createEngine(engine),
    access,
    audit: readsOnly ? { ...audit, end: async () => undefined } : audit,
    secrets,
    webhooks: webhooksOf(fanOut),
    streams: streamsOf(fanOut),
    tickets: ticketsOf(fanOut),
    hooks: hooksOf(fanOut, createEngine(engine)),
    replays: tableReplays({ table, clock }),
    limits: { ...HTTP_LIMITS, answerBytesMax: ANSWER_BYTES_MAX },
    version: VERSION,
    publicUrl,
    seedRoutes: seedRoutes ? {} : undefined,
    log,
    // A table that cannot be read throws, which is told as what it is.
    health: async () => (await table.get(NOTHING)) === undefined,
    newId: () => randomUUID(),
  });
}

/** Lambda takes 6 MB of an answer, and what is no text is a third larger on the way. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

const NOTHING = { pk: "platform#health", sk: "nothing" } as const;
