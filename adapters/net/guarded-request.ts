import { lookup as systemLookup } from "node:dns";
import http, {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import https from "node:https";
import type { LookupFunction, Socket } from "node:net";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { OutboundRequest } from "../../core/ports/outbound.ts";
import { isReachable } from "./address.ts";
import { readBody } from "./body.ts";
import { type Agents, guardedAgents, refused } from "./guarded-agent.ts";
import { type Target, targetOf } from "./target.ts";

export type GuardedRequest = OutboundRequest &
  Readonly<{
    /** The local server: 127.0.0.0/8, ::1 and names that resolve to them. Nothing else private. */
    allowLoopback: boolean;
    /** Resolves names; the system's resolver unless a test says otherwise. */
    lookup?: LookupFunction | undefined;
  }>;
export type GuardedResponse = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}>;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
/** These decide how the message is framed and whom it reaches, which is not the caller's to say. */
const OUR_HEADERS = new Set(
  "accept-encoding connection content-length expect host keep-alive te trailer transfer-encoding upgrade".split(
    " ",
  ),
);
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * One HTTP exchange with an address that somebody else chose (SSRF is refused).
 *
 * The address is judged three times: as written, as resolved, and as connected, because each can
 * differ from the one before. Redirects are never followed and nothing is decompressed.
 */
export async function guardedRequest(request: GuardedRequest): Promise<GuardedResponse> {
  const method = request.method.toUpperCase();
  if (!METHODS.has(method)) throw invalid(`the method ${method.slice(0, 20)} cannot be used`);
  const target = targetOf(request.url, request.allowLoopback);
  if (request.signal?.aborted) throw abortFailure(request.signal, target, request.timeoutMs);
  const call = opened(request, method, target);
  return await exchange(call, request, target);
}

function opened(request: GuardedRequest, method: string, target: Target): ClientRequest {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  for (const [name, value] of Object.entries(request.headers)) {
    if (OUR_HEADERS.has(name.toLowerCase())) throw invalid(`the header ${name} cannot be set`);
    headers[name.toLowerCase()] = value;
  }
  // Node frames a DELETE's body by nothing, and its bytes would be read as a second request.
  if (request.body !== undefined) {
    headers["content-length"] = String(Buffer.byteLength(request.body));
  }
  const transport = target.protocol === "https:" ? https : http;
  try {
    return transport.request({
      method,
      headers,
      protocol: target.protocol,
      hostname: target.hostname,
      port: target.port,
      path: target.path,
      agent: agentsFor(request)[target.protocol],
    });
  } catch {
    // Node's error would quote the header's name and, for paths, the path.
    throw invalid("its path or one of its headers contains a character that HTTP does not allow");
  }
}

function exchange(
  call: ClientRequest,
  request: GuardedRequest,
  target: Target,
): Promise<GuardedResponse> {
  return new Promise((resolve, reject) => {
    let settled = false;
    let answered = false;
    const stop = (error: CallFailure) => {
      if (settled) return;
      settle();
      reject(error);
      call.destroy();
    };
    const timer = setTimeout(
      () => stop(timedOut(target, request.timeoutMs)),
      Math.min(Math.max(request.timeoutMs, 0), TIMER_MS_MAX),
    );
    const aborted = () => stop(abortFailure(request.signal, target, request.timeoutMs));
    request.signal?.addEventListener("abort", aborted, { once: true });
    const settle = () => {
      settled = true;
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", aborted);
    };

    call.on("socket", (socket: Socket) => {
      // A pooled socket emits no `connect` again; a new one has no address yet.
      const at = socket.remoteAddress;
      if (at !== undefined && !isReachable(at, request.allowLoopback)) {
        stop(refused("the address that was reached is not public"));
      }
    });
    call.on("error", (error) => stop(networkFailure(error, target)));
    call.on("close", () => {
      // With a response, `readBody` knows better whether it was complete.
      if (!answered) stop(networkFailure(undefined, target));
    });
    call.on("response", (response: IncomingMessage) => {
      answered = true;
      const bounds = { method: call.method, bytesMax: request.bytesMax, name: target.name };
      const finish = (body: Buffer) => {
        if (settled) return;
        settle();
        resolve({ status: response.statusCode ?? 0, headers: flat(response.headers), body });
      };
      readBody(response, bounds)
        .then(finish)
        .catch((error: unknown) => stop(networkFailure(error, target)));
    });
    call.end(request.body);
  });
}

const pools = new WeakMap<LookupFunction, Map<boolean, Agents>>();

function agentsFor({ allowLoopback, lookup = systemLookup }: GuardedRequest): Agents {
  const byPolicy = pools.get(lookup) ?? new Map<boolean, Agents>();
  pools.set(lookup, byPolicy);
  const agents = byPolicy.get(allowLoopback) ?? guardedAgents({ allowLoopback, lookup });
  byPolicy.set(allowLoopback, agents);
  return agents;
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

function networkFailure(error: unknown, target: Target): CallFailure {
  if (error instanceof CallFailure) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "closed early";
  return new CallFailure("NETWORK", `${target.name} could not be reached, or hung up (${code}).`, {
    retryable: true,
    cause: error,
  });
}

function timedOut(target: Target, timeoutMs: number): CallFailure {
  const message = `${target.name} did not answer completely within ${timeoutMs} ms.`;
  return new CallFailure("TIMEOUT", message, { retryable: true });
}

/** The caller's own reason is kept when it is a failure; an attempt's timeout is a timeout. */
function abortFailure(
  signal: AbortSignal | undefined,
  target: Target,
  timeoutMs: number,
): CallFailure {
  const reason: unknown = signal?.reason;
  if (reason instanceof CallFailure) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") return timedOut(target, timeoutMs);
  return new CallFailure("ABORTED", `The call to ${target.name} was abandoned.`, {
    retryable: true,
    cause: reason,
  });
}

function invalid(why: string): CallFailure {
  return new CallFailure("REQUEST_INVALID", `The request was not sent: ${why}.`, {
    retryable: false,
  });
}
