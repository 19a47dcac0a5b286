import type { Mark } from "../../core/engine/audit.ts";
import type { Caller } from "../../core/engine/views.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { AppDeps, Documents, Serving } from "./app-deps.ts";
import { askingOf, isToldBefore, outcomeOf, tell } from "./audit-call.ts";
import { baseHeaders } from "./base-headers.ts";
import { callOf } from "./call.ts";
import { sealCursor } from "./cursor.ts";
import type { HttpApp, HttpRequest, HttpResponse } from "./http.ts";
import { once, replayScope } from "./idempotency.ts";
import { inScope, withinScope } from "./key-scope.ts";
import { TOKEN_PATH } from "./link-reply.ts";
import { type Checked, problemReply, type Refused, refused } from "./problem.ts";
import type { Reply, Route } from "./route.ts";
import { ROUTES } from "./route-table.ts";
import { type Found, router } from "./router.ts";

/** What is known of a request so far; the log line and a refusal are made from it. */
type Exchange = {
  readonly request: HttpRequest;
  readonly id: string;
  route?: Route;
  tenant?: string;
  caller?: Caller;
  /** What the audit has been told before. */
  mark?: Mark;
};

/**
 * The product's HTTP door: the route table, served.
 *
 * Whatever happens, there is an answer of the documented form: refusals are problems, thrown
 * faults are 503 or 500 without their message, and every answer has its request's id.
 */
export function httpApp(deps: AppDeps): HttpApp {
  const routes = deps.seedRoutes ? ROUTES : ROUTES.filter(({ optional }) => !optional);
  const find = router(routes);
  const base = baseHeaders(deps.publicUrl);
  let documents: ReturnType<Serving["documents"]> | undefined;
  const serving: Serving = {
    ...deps,
    documents: () => (documents ??= documentsOf(routes, deps.version)),
  };

  return async (request) => {
    const startedAt = performance.now();
    const exchange: Exchange = { request, id: requestId(request, deps) };
    let reply: Reply;
    let code: string | undefined;
    try {
      const answered = await answer(exchange, find(request.path), serving);
      reply = answered.ok ? answered.value : refusalOf(exchange, answered.refusal);
      if (!answered.ok) code = answered.refusal.code;
    } catch (error) {
      const fault = faultOf(exchange, error, deps);
      reply = refusalOf(exchange, fault);
      ({ code } = fault);
    }
    const known = reply.by ? { ...exchange, by: reply.by } : exchange;
    await tell(deps, known, outcomeOf(reply.status, code, reply), exchange.mark);
    deps.log.info("request", {
      method: request.method.slice(0, 16),
      route: exchange.route?.path ?? "-",
      status: reply.status,
      ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
      requestId: exchange.id,
      tenant: exchange.tenant,
      key: exchange.caller?.keyId,
      run: runOf(exchange, reply),
    });
    return responseOf(reply, base, exchange);
  };
}

/** The run that a request was about, or that it made. */
function runOf({ request, route }: Exchange, reply: Reply): string | undefined {
  const value = reply.value as { id?: unknown } | undefined;
  const made = reply.status === 201 && route?.path === "/v1/runs" ? value?.id : undefined;
  if (typeof made === "string") return made;
  return /^\/v1\/runs\/([A-Za-z0-9_.~-]{1,128})(?:\/|$)/.exec(request.path)?.[1];
}

/** Few ask for them, and a function that starts must be small. */
async function documentsOf(routes: readonly Route[], version: string): Promise<Documents> {
  const made = await import("./documents.ts");
  return made.documentsOf(routes, version);
}

async function answer(
  exchange: Exchange,
  found: Found | undefined,
  deps: Serving,
): Promise<Checked<Reply>> {
  if (found === undefined) return refused("NOT_FOUND", "Nothing is served at this path.");
  const { endpoint } = found;
  const route = endpoint.methods.get(exchange.request.method);
  if (route === undefined) {
    const allow = { allow: endpoint.allow };
    if (exchange.request.method === "OPTIONS") {
      return { ok: true, value: { status: 204, headers: allow } };
    }
    return refused("METHOD_NOT_ALLOWED", `Allowed are ${endpoint.allow}.`, { headers: allow });
  }
  exchange.route = route;
  const call = await callOf(route, found, exchange, deps);
  if (!call.ok) return call;

  const { caller, idempotencyKey: key } = call.value;
  const scoped = await inScope(route, call.value, deps);
  if (!scoped.ok) return scoped;
  if (isToldBefore(route)) {
    const asking = askingOf(exchange);
    if (asking) exchange.mark = await deps.audit.begin(asking);
  }
  const isKept = route.repeats === "replays" && key !== undefined;
  const replied = isKept
    ? await once(
        deps.replays,
        {
          scope: replayScope(caller, exchange.request.path),
          key,
          bodyHash: call.value.bodyHash ?? "",
          shownOnce: route.shownOnce,
        },
        () => route.handle(call.value, deps),
      )
    : await route.handle(call.value, deps);
  return replied.ok
    ? { ok: true, value: finished(route, withinScope(caller, replied.value)) }
    : replied;
}

/** Where a new thing is, and cursors that only their own list takes. */
function finished(route: Route, reply: Reply): Reply {
  if (reply.status === 201 && route.location) {
    const location = route.location(reply.value as Readonly<Record<string, unknown>>);
    return { ...reply, headers: { ...reply.headers, location } };
  }
  if (route.paged === true) {
    const listing = reply.value as { nextCursor: string | null };
    const next = listing.nextCursor;
    const nextCursor = next === null ? null : sealCursor(route.operationId, next);
    return { ...reply, value: { ...listing, nextCursor } };
  }
  return reply;
}

function refusalOf({ request, id, route }: Exchange, refusal: Refused): Reply {
  if (route?.page) return route.page(refusal, request, id);
  const instance = request.path.startsWith("/approve/") ? TOKEN_PATH : request.path;
  const reply = problemReply(refusal, instance.slice(0, 4096), id);
  if (!route?.members) return reply;
  return { ...reply, value: { ...(reply.value as object), ...route.members(refusal.message) } };
}

/** The message of a fault is for the log: it may name what callers must not learn. */
function faultOf({ id, route }: Exchange, error: unknown, deps: AppDeps): Refused {
  const isPassing = error instanceof Fault && error.retryable;
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  deps.log.error("request failed", { requestId: id, route: route?.path ?? "-", error: said });
  return isPassing
    ? { code: "BUSY", message: "The service is busy. Nothing is lost; send it again." }
    : { code: "INTERNAL", message: `Tell the operator the request id ${id}.` };
}

function responseOf(reply: Reply, base: HttpResponse["headers"], exchange: Exchange): HttpResponse {
  const { status, value, text, bytes, stream } = reply;
  const body = bytes ?? text ?? (value === undefined ? "" : JSON.stringify(value));
  const headers: Record<string, string> = { ...base, "x-request-id": exchange.id };
  if (body !== "") headers["content-type"] = "application/json";
  Object.assign(headers, reply.headers);
  if (stream !== undefined && exchange.request.method !== "HEAD") {
    return { status, headers, body: "", stream };
  }
  if (exchange.request.method !== "HEAD") return { status, headers, body };
  return {
    status,
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
    body: "",
  };
}

function requestId(request: HttpRequest, deps: AppDeps): string {
  const given = request.headers["x-request-id"];
  return given !== undefined && /^[\x20-\x7e]{1,128}$/.test(given) ? given : deps.newId();
}
