import { randomUUID } from "node:crypto";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import type { HttpRequest, HttpResponse } from "../adapters/http/http.ts";
import { type Checked, problemOf, type Refused, refused } from "../adapters/http/problem.ts";
import { parseJson, readText } from "../adapters/http/read-body.ts";
import { isOwnSite } from "../adapters/http/same-site.ts";
import { instantText, parseDuration } from "../core/kernel/duration.ts";
import { isObject } from "../core/kernel/json.ts";
import type { Mailbox } from "./local-mailbox.ts";
import { mailHtml, mailPage } from "./mail-page.ts";
import { OFFSET_MS_MAX, type VirtualClock } from "./virtual-clock.ts";

export type DevRoutesDeps = Readonly<{
  mailbox: Mailbox;
  clock: VirtualClock;
  /** Moves the clock, and resolves when all that became due on the way has begun. */
  advance: (ms: number) => Promise<void>;
  /** What the process has used and written so far, in numbers. */
  stats: () => object;
  /** The same for all runs, as Prometheus reads it. */
  metrics: () => string;
  /** Whether to serve them at all: they ask for no key, so only this machine may reach them. */
  allowed: boolean;
  publicUrl: string;
}>;

type Route = (request: HttpRequest) => Promise<HttpResponse>;
type Methods = Readonly<Record<string, Route>>;

const MAILS_MAX = 10_000;
const MAILS_SHOWN_MAX = 100;

/** The mailbox, the clock and the figures of a laptop. Undefined for every other path. */
export function devRoutes(
  deps: DevRoutesDeps,
): (request: HttpRequest) => Promise<HttpResponse> | undefined {
  const paths = new Map([
    ["/dev/mail", { GET: async () => json({ data: await deps.mailbox.newest(MAILS_MAX) }) }],
    ["/mail", { GET: () => shownMails(deps.mailbox) }],
    ["/mail/html", { GET: (request) => shownMail(deps.mailbox, request) }],
    ["/dev/stats", { GET: async () => json(deps.stats()) }],
    ["/metrics", { GET: async () => plain(deps.metrics()) }],
    [
      "/dev/clock",
      { GET: async () => time(deps.clock), POST: (request) => advance(deps, request) },
    ],
  ] satisfies readonly [string, Methods][]);

  return (request) => {
    const methods: Methods | undefined = paths.get(request.path);
    return methods && serve(deps, methods, request);
  };
}

async function serve(
  { allowed, publicUrl }: DevRoutesDeps,
  methods: Methods,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { method } = request;
  if (!allowed) return problem(request, refused("FORBIDDEN", NOT_LOCAL).refusal);

  const isRead = method === "GET" || method === "HEAD";
  const name = isRead ? "GET" : method;
  const route = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (route === undefined) return problem(request, notAllowed(methods));
  if (!isRead && !isOwnSite(request, publicUrl)) {
    return problem(request, refused("CROSS_SITE", "Pages of other sites may not do this.").refusal);
  }
  return route(request);
}

const NOT_LOCAL =
  "The mailbox and the clock ask for no key, so they are served to this machine only. " +
  "Listen on 127.0.0.1, or set HOLDFAST_DEV=1.";

function notAllowed(methods: Methods): Refused {
  const allow = Object.keys(methods).map((name) => (name === "GET" ? "GET, HEAD" : name));
  const headers = { allow: allow.join(", ") };
  return refused("METHOD_NOT_ALLOWED", `Allowed are ${headers.allow}.`, { headers }).refusal;
}

async function shownMails(mailbox: Mailbox): Promise<HttpResponse> {
  return mailPage(await mailbox.newest(MAILS_SHOWN_MAX), MAILS_SHOWN_MAX);
}

async function shownMail(mailbox: Mailbox, request: HttpRequest): Promise<HttpResponse> {
  const id = new URLSearchParams(request.query).get("id") ?? "";
  const mail = await mailbox.mail(id);
  return mail ? mailHtml(mail) : problem(request, refused("NOT_FOUND", "No such mail.").refusal);
}

async function advance(deps: DevRoutesDeps, request: HttpRequest): Promise<HttpResponse> {
  const ms = msOf(request);
  if (!ms.ok) return problem(request, ms.refusal);
  if (deps.clock.offsetMs() + ms.value > OFFSET_MS_MAX) {
    const message = "The clock cannot be moved by more than a thousand years in all.";
    return problem(request, refused("INVALID_REQUEST", message).refusal);
  }
  await deps.advance(ms.value);
  return time(deps.clock);
}

function msOf(request: HttpRequest): Checked<number> {
  // Whatever its type says: `curl -d` calls everything a form.
  const text = readText(request, HTTP_LIMITS, () => true);
  const body = text.ok ? parseJson(text.value, HTTP_LIMITS) : text;
  if (!body.ok) return body;

  const { advance: given, ...more } = isObject(body.value) ? body.value : {};
  const ms = typeof given === "string" ? parseDuration(given) : undefined;
  return ms === undefined || Object.keys(more).length > 0
    ? refused("INVALID_REQUEST", 'Send {"advance": "PT1H"}: a duration of ISO 8601, nothing else.')
    : { ok: true, value: ms };
}

function time(clock: VirtualClock): HttpResponse {
  return json({ now: instantText(clock.now()), offsetMs: clock.offsetMs() });
}

function plain(body: string): HttpResponse {
  const type = "text/plain; version=0.0.4; charset=utf-8";
  return { status: 200, headers: { "content-type": type, "cache-control": "no-store" }, body };
}

function json(value: object): HttpResponse {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { status: 200, headers, body: JSON.stringify(value) };
}

function problem({ path }: HttpRequest, refusal: Refused): HttpResponse {
  const requestId = randomUUID();
  const { status, ...rest } = problemOf(refusal, path, requestId);
  const headers = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-request-id": requestId,
    ...refusal.headers,
  };
  return { status, headers, body: JSON.stringify({ status, ...rest }) };
}
