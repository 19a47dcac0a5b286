import type { HttpApp, HttpRequest, HttpResponse } from "../adapters/http/http.ts";
import { fanOutParts } from "../wiring/fan-out-parts.ts";
import { accessOf } from "./access.ts";
import { appOf } from "./app.ts";
import { engineOf, NO_RUNS, NO_SECRETS, NO_SENDERS, NO_SIGNER } from "./engine.ts";
import { env } from "./env.ts";
import { outboundPolicy } from "./outbound-policy.ts";
import { log, storeOf } from "./store.ts";

/** What is committed shows to its followers within this. */
const LOOK_EVERY_MS = 500;

/** Of the HTTP API only what goes on: this function may read, and is granted nothing else. */
export function sseRuntime(): HttpApp {
  const vars = env("sse");
  const store = storeOf(vars);
  const engine = engineOf({
    store,
    secrets: NO_SECRETS,
    signer: NO_SIGNER,
    ...NO_RUNS,
    models: "{}",
    lookEveryMs: LOOK_EVERY_MS,
  });
  const app = appOf({
    engine,
    fanOut: fanOutParts(engine, {
      secrets: NO_SECRETS,
      senders: NO_SENDERS,
      report: log,
      ...outboundPolicy(),
      alone: false,
    }),
    access: accessOf(store, undefined, undefined, true),
    secrets: NO_SECRETS,
    publicUrl: vars.PUBLIC_URL,
    readsOnly: true,
  });
  return (request) =>
    isStream(request) ? app(request) : Promise.resolve(elsewhere(vars, request));
}

function isStream({ method, path }: HttpRequest): boolean {
  return method === "GET" && /^\/v1\/(?:runs\/[^/]+\/)?stream$/.test(path);
}

/** Everything else is served by the API, and a reader can be sent there. */
function elsewhere({ PUBLIC_URL }: { PUBLIC_URL: string }, { path }: HttpRequest): HttpResponse {
  const location = `${PUBLIC_URL}${path.startsWith("/") ? path : "/"}`;
  return { status: 308, headers: { location }, body: "" };
}
