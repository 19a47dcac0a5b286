import { httpApp } from "../../adapters/http/app.ts";
import { type AppDeps, HTTP_LIMITS } from "../../adapters/http/app-deps.ts";
import type { HttpRequest, HttpResponse } from "../../adapters/http/http.ts";
import { auditOf } from "../../core/engine/audit.ts";
import { streamsOf } from "../../core/engine/fan-out/follow-run.ts";
import { hooksOf } from "../../core/engine/fan-out/hooks.ts";
import { ticketsOf } from "../../core/engine/fan-out/tickets.ts";
import { webhooksOf } from "../../core/engine/fan-out/webhooks.ts";
import { memoryFanOut } from "../support/memory-fan-out.ts";
import { memoryTable } from "../support/memory-table.ts";
import { faultsOf } from "./conforms.ts";
import { fakeAccess, fakeReplays, fakeSecrets } from "./fake-access.ts";
import { fakeEngine, taskOf } from "./fake-engine.ts";

export type Asked = Readonly<{
  as?: string | null;
  body?: unknown;
  raw?: string | Uint8Array;
  headers?: Readonly<Record<string, string | undefined>>;
}>;

export type Answered = HttpResponse & Readonly<{ json: Record<string, unknown> }>;

export type LogLine = Readonly<{ message: string; fields: Readonly<Record<string, unknown>> }>;

/** The whole app over the fakes; `ask("POST /v1/runs?wait=1", {body})` sends a request. */
export function door(changes: Partial<AppDeps> = {}) {
  const fake = fakeEngine();
  fake.tasks.set("task_1", taskOf());
  const log: LogLine[] = [];
  let ids = 0;
  let entries = 0;
  const told = memoryFanOut().telling;
  const app = httpApp({
    engine: fake.engine,
    access: fakeAccess(),
    audit: auditOf({
      table: memoryTable(),
      clock: { now: () => Date.now() },
      newId: (prefix) => `${prefix}${String(++entries).padStart(6, "0")}`,
    }),
    secrets: fakeSecrets(),
    webhooks: webhooksOf(told),
    streams: streamsOf(told),
    tickets: ticketsOf(told),
    hooks: hooksOf(told, fake.engine),
    replays: fakeReplays(),
    limits: HTTP_LIMITS,
    version: "0.1.0",
    publicUrl: "http://127.0.0.1:8787",
    log: {
      info: (message, fields = {}) => log.push({ message, fields }),
      error: (message, fields = {}) => log.push({ message, fields }),
    },
    health: async () => true,
    newId: () => `req_${++ids}`,
    seedRoutes: {},
    ...changes,
  });

  async function ask(line: string, asked: Asked = {}): Promise<Answered> {
    const response = await app(requestOf(line, asked));
    const type = response.headers["content-type"] ?? "";
    const text = typeof response.body === "string" ? response.body : "";
    const json = type.includes("json") && text !== "" ? JSON.parse(text) : {};
    // Whatever a test is about, no answer may differ from the OpenAPI document.
    const request = requestOf(line, asked);
    const faults = faultsOf(request, { status: response.status, type: type || undefined, json });
    if (faults.length > 0) throw new Error(faults.join("; "));
    return { ...response, json };
  }
  return { app, ask, log, ...fake };
}

export function requestOf(
  line: string,
  { as = "hf_admin", body, raw, headers }: Asked,
): HttpRequest {
  const space = line.indexOf(" ");
  const target = line.slice(space + 1);
  const question = target.indexOf("?");
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    method: line.slice(0, space),
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? "" : target.slice(question + 1),
    headers: {
      ...(as !== null && { authorization: `Bearer ${as}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: typeof text === "string" ? new TextEncoder().encode(text) : text,
  };
}
