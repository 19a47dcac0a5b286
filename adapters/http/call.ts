import type { Caller } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { Serving } from "./app-deps.ts";
import { authorize } from "./authorize.ts";
import { bodyHash } from "./body-hash.ts";
import { check, pathOf } from "./check.ts";
import { openCursor } from "./cursor.ts";
import type { HttpRequest } from "./http.ts";
import { readIdempotencyKey } from "./idempotency.ts";
import { type Checked, refused } from "./problem.ts";
import { isJson, parseJson, readText } from "./read-body.ts";
import { readQuery } from "./read-query.ts";
import type { Route } from "./route.ts";
import type { Found } from "./router.ts";

type AnyCall = Parameters<Route["handle"]>[0];
type Params = Readonly<Record<string, string>>;
type Exchange = {
  readonly request: HttpRequest;
  readonly id: string;
  tenant?: string;
  caller?: Caller;
};

/**
 * The request as its route wants it, or the first thing that is wrong with it, in this order: who
 * asks, the path, the query, the headers, the body. Nobody learns more than their key allows.
 */
export async function callOf(
  route: Route,
  found: Found,
  exchange: Exchange,
  deps: Serving,
): Promise<Checked<AnyCall & { caller: Caller | undefined }>> {
  const { request, id } = exchange;
  const header = headerOf(route, request, deps);
  const { caller, refusal } = await authorize(header, route.needs, deps.access);
  if (caller) {
    exchange.caller = caller;
    exchange.tenant = caller.tenant;
  }
  if (refusal) return { ok: false, refusal };
  const common = { caller, request, requestId: id };
  const nothing = { query: undefined, body: undefined, idempotencyKey: undefined };
  if (route.page) {
    // Names are known, values are as sent: the page's own reading comes later.
    const params = Object.fromEntries(
      found.endpoint.names.map((n, i) => [n, found.values[i] ?? ""]),
    );
    return { ok: true, value: { ...common, ...nothing, params, bodyHash: undefined } };
  }

  const params = readParams(route, found);
  if (!params.ok) return params;
  const query = readQueryOf(route, request.query);
  if (!query.ok) return query;
  const key = route.repeats
    ? readIdempotencyKey(request.headers["idempotency-key"])
    : ({ ok: true, value: undefined } as const);
  if (!key.ok) return key;
  const sent = readBodyOf(route, request, deps);
  if (!sent.ok) return sent;
  const body = route.body ? check(route.body, sent.value, "body") : sent;
  if (!body.ok) return body;
  return {
    ok: true,
    value: {
      ...common,
      params: params.value,
      query: query.value,
      body: body.value,
      idempotencyKey: key.value,
      bodyHash: key.value === undefined ? undefined : bodyHash(sent.value),
    },
  };
}

/** Those systems know no keys: programs of this machine need none; pages of other sites do. */
function headerOf({ optional }: Route, { headers }: HttpRequest, deps: Serving) {
  const header = headers["authorization"];
  const key = deps.seedRoutes?.openKey;
  if (header !== undefined || optional === undefined || key === undefined) return header;
  const { origin, host, "sec-fetch-site": site = "none" } = headers;
  const isOwn = origin === undefined || URL.parse(origin)?.host === host;
  return isOwn && (site === "none" || site === "same-origin") ? `Bearer ${key}` : undefined;
}

const NO_PARAMS: Checked<Params> = { ok: true, value: {} };

/** An id of another alphabet names nothing; where one would be made, it is told why not. */
function readParams(route: Route, { endpoint, values }: Found): Checked<Params> {
  if (values.length === 0) return NO_PARAMS;
  const params: Record<string, string> = {};
  for (const [index, name] of endpoint.names.entries()) {
    const value = decodedSegment(values[index] ?? "");
    if (value === undefined) {
      return refused("INVALID_PATH", "The path is not valid percent-encoding.");
    }
    const schema = route.params?.[name];
    if (schema?.safeParse(value).success === false) {
      if (route.method === "PUT") return unnameable(name);
      return refused("NOT_FOUND", "There is nothing of that name, and there cannot be.");
    }
    params[name] = value;
  }
  return { ok: true, value: params };
}

function unnameable(path: string) {
  const message = "expected a letter or digit, then at most 127 letters, digits or _ . ~ -";
  return refused("INVALID_REQUEST", `The ${path} in the path has a fault: ${message}.`, {
    errors: [{ path, code: "INVALID_FORMAT", message }],
  });
}

function decodedSegment(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function readQueryOf(route: Route, text: string): Checked<unknown> {
  if (text === "" && !route.query) return { ok: true, value: undefined };
  const read = readQuery(text);
  if (!read.ok) return read;
  if (!route.query) {
    const name = Object.keys(read.value)[0];
    if (name === undefined) return { ok: true, value: undefined };
    return refused("INVALID_REQUEST", "This route takes no query parameters.", {
      errors: [
        { path: pathOf([name]), code: "UNKNOWN_FIELD", message: "there is no such parameter" },
      ],
    });
  }
  const query = check(route.query, read.value, "query");
  if (!query.ok || route.paged !== true) return query;
  const page = query.value as { cursor?: string };
  if (page.cursor === undefined) return query;
  const cursor = openCursor(route.operationId, page.cursor);
  if (cursor === undefined) return refused("INVALID_CURSOR", "The cursor is not one of this list.");
  return { ok: true, value: { ...page, cursor } };
}

function readBodyOf(route: Route, request: HttpRequest, deps: Serving): Checked<Json | undefined> {
  if (!route.body) return { ok: true, value: undefined };
  const text = readText(request, deps.limits, isJson);
  if (!text.ok) return text;
  if (text.value === "" && route.bodyOptional === true) return { ok: true, value: {} };
  return parseJson(text.value, deps.limits);
}
