import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";

export type Answer = Readonly<{
  status: number;
  headers: IncomingHttpHeaders;
  /** The body when it is a JSON object, else empty: see `text`. */
  body: JsonObject;
  text: string;
}>;

type Headers = Readonly<Record<string, string>>;

export type JsonClient = Readonly<{
  get(path: string, headers?: Headers): Promise<Answer>;
  post(path: string, body?: Json, headers?: Headers): Promise<Answer>;
  put(path: string, body: Json, headers?: Headers): Promise<Answer>;
  patch(path: string, body: Json, headers?: Headers): Promise<Answer>;
  remove(path: string): Promise<Answer>;
  /** Drops the connections that are kept open, so that a script can end. */
  close(): void;
}>;

/**
 * Talks JSON to a local server over connections that stay open, for scripts and kill tests.
 *
 * It never asks twice: a connection that breaks rejects, because whether the other side did the
 * work is exactly what those scripts want to find out. Statuses are answers, whatever they are.
 */
export function jsonClient(options: {
  baseUrl: string;
  key?: string;
  connectionsMax?: number;
  timeoutMs?: number;
}): JsonClient {
  const { baseUrl, key, connectionsMax = 64, timeoutMs = 60_000 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const always: Headers = key === undefined ? {} : { authorization: `Bearer ${key}` };

  const send = (method: string, path: string, body: Json | undefined, headers: Headers = {}) =>
    exchange(new URL(path, baseUrl), method, body, { ...always, ...headers }, agent, timeoutMs);

  return {
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    put: (path, body, headers) => send("PUT", path, body, headers),
    patch: (path, body, headers) => send("PATCH", path, body, headers),
    remove: (path) => send("DELETE", path, undefined),
    close: () => agent.destroy(),
  };
}

/** The body of an answer that has to be a success; anything else is thrown with its text. */
export function succeeded(answer: Answer): JsonObject {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Error(`the server answered ${answer.status}: ${answer.text.slice(0, 2_000)}`);
}

function exchange(
  url: URL,
  method: string,
  body: Json | undefined,
  headers: Headers,
  agent: Agent,
  timeoutMs: number,
): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const about: Headers =
    bytes === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(bytes.byteLength) };

  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method, agent, headers: { ...about, ...headers }, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: objectIn(text),
            text,
          });
        });
      },
    );
    call.on("error", reject);
    call.end(bytes);
  });
}

function objectIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
