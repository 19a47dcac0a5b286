import { ProblemError, problemIn } from "./problem-error.ts";

export type ClientOptions = Readonly<{
  /** Where the product listens, like `http://127.0.0.1:8787`. */
  url: string;
  key: string;
  /** How often a request is sent at most, the first time included; 8 unless said. */
  attemptsMax?: number;
  /** How long one attempt may take; a minute unless said. */
  timeoutMs?: number;
  /** The longest pause that a server may ask for; a minute unless said. */
  pauseMsMax?: number;
  /** Another `fetch`: for tests, proxies or tracing. */
  fetch?: typeof fetch;
}>;

export type Sending = Readonly<{
  query?: object;
  body?: unknown;
  /** Made up for every POST that has none, so that sending it again does nothing twice. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>>;
  /** Answers as they come, without a timeout. */
  isStream?: boolean;
}>;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type Transport = Readonly<{
  /** The answer as JSON; undefined when there is none to have. */
  send<Answer>(method: Method, path: string, about?: Sending): Promise<Answer>;
  open(path: string, about: Sending): Promise<Response>;
}>;

/**
 * Sends requests until one of them is answered. What may be over soon is tried again: a connection
 * that breaks, 429, 5xx and whatever the server calls retryable, after the pause that it asks for.
 */
export function transportOf(options: ClientOptions): Transport {
  const { attemptsMax = 8, pauseMsMax = 60_000 } = options;

  async function open(method: Method, path: string, about: Sending): Promise<Response> {
    const isKeyed = method === "POST";
    const key = about.idempotencyKey ?? (isKeyed ? crypto.randomUUID() : undefined);
    const request = requestOf(options, method, { ...about, idempotencyKey: key });
    for (let attempt = 1; ; attempt++) {
      const outcome = await sent(options, urlOf(options.url, path, about.query), request, about);
      if (outcome instanceof Response && outcome.ok) return outcome;
      const error = outcome instanceof Response ? await problemIn(outcome) : outcome;
      const pauseMs = pauseOf(outcome, attempt);
      const isOver = !isPassing(error) || attempt >= attemptsMax || pauseMs > pauseMsMax;
      if (isOver || about.signal?.aborted) throw error;
      await pause(pauseMs, about.signal);
    }
  }

  return {
    open: (path, about) => open("GET", path, { ...about, isStream: true }),
    async send<Answer>(method: Method, path: string, about: Sending = {}) {
      const response = await open(method, path, about);
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as Answer;
    },
  };
}

function requestOf(options: ClientOptions, method: Method, about: Sending): RequestInit {
  const { body, idempotencyKey } = about;
  const headers = {
    accept: "application/json",
    authorization: `Bearer ${options.key}`,
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    ...about.headers,
  };
  return { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
}

async function sent(
  options: ClientOptions,
  url: URL,
  request: RequestInit,
  about: Sending,
): Promise<Response | Error> {
  const { fetch: fetched = fetch, timeoutMs = 60_000 } = options;
  const limits = [
    ...(about.isStream ? [] : [AbortSignal.timeout(timeoutMs)]),
    ...(about.signal ? [about.signal] : []),
  ];
  try {
    return await fetched(url, { ...request, signal: AbortSignal.any(limits) });
  } catch (error) {
    about.signal?.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}

function urlOf(base: string, path: string, query: object = {}): URL {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    const values = (Array.isArray(value) ? value : [value]) as readonly (
      | string
      | number
      | undefined
    )[];
    for (const one of values) if (one !== undefined) url.searchParams.append(name, `${one}`);
  }
  return url;
}

/** Whether the same request can succeed later. What is no answer is a connection that broke. */
function isPassing(error: Error): boolean {
  if (!(error instanceof ProblemError)) return true;
  return error.retryable || error.status === 429 || error.status >= 500;
}

const PAUSE_MS = 200;
const OWN_PAUSE_MS_MAX = 10_000;

function pauseOf(outcome: Response | Error, attempt: number): number {
  const asked = outcome instanceof Response ? outcome.headers.get("retry-after") : null;
  if (asked !== null && asked !== "") {
    const seconds = Number(asked);
    return Number.isNaN(seconds) ? Math.max(0, Date.parse(asked) - Date.now()) : seconds * 1_000;
  }
  const ms = Math.min(OWN_PAUSE_MS_MAX, PAUSE_MS * 2 ** (attempt - 1));
  // A part of it is random, so that many clients do not come back together.
  return (ms * (1 + Math.random())) / 2;
}

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A path with names in it, as the server's contract has it. */
export function pathOf(template: string, names: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(names[name])),
  );
}
