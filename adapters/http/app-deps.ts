import type { Access, Replays } from "../../core/engine/access.ts";
import type { Audit } from "../../core/engine/audit.ts";
import type { Engine } from "../../core/engine/engine.ts";
import type { Streams } from "../../core/engine/fan-out/follow-run.ts";
import type { Hooks } from "../../core/engine/fan-out/hooks.ts";
import type { Tickets } from "../../core/engine/fan-out/tickets.ts";
import type { Webhooks } from "../../core/engine/fan-out/webhooks.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Secrets } from "../../core/ports/secrets.ts";

export type HttpLimits = Readonly<{
  bodyBytesMax: number;
  jsonDepthMax: number;
  /** What an answer may have; any number where nothing bounds it. */
  answerBytesMax?: number;
}>;

export const HTTP_LIMITS: HttpLimits = { bodyBytesMax: 1024 * 1024, jsonDepthMax: 64 };

/** What the HTTP app needs of whoever starts it. */
export type AppDeps = Readonly<{
  engine: Engine;
  access: Access;
  audit: Audit;
  secrets: Secrets;
  webhooks: Webhooks;
  streams: Streams;
  tickets: Tickets;
  hooks: Hooks;
  replays: Replays;
  limits: HttpLimits;
  version: string;
  /** Where people reach this deployment; the only origin whose pages may call it. */
  publicUrl: string;
  log: Log;
  /** Serves the routes of other systems; with an `openKey`, to programs here without a key. */
  seedRoutes?: Readonly<{ openKey?: string }> | undefined;
  /** False, or a throw, while the service cannot answer. */
  health: () => Promise<boolean>;
  /** A new id for a request that brought none. */
  newId: () => string;
}>;

/** The contract as texts, made once when somebody first asks. */
export type Documents = Readonly<{ openapi: string; docs: string; errors: string }>;

export type Serving = AppDeps & Readonly<{ documents: () => Promise<Documents> }>;
