import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HttpApp, HttpRequest, HttpResponse } from "../adapters/http/http.ts";
import type { Log } from "../core/ports/log.ts";
import { closer } from "./close-server.ts";
import { answerBadRequest, BROKEN, MISDIRECTED } from "./door-problem.ts";
import { isServedHost } from "./host-name.ts";
import { listen } from "./listen.ts";
import { isStreamed, type Pipes, pipes } from "./pipe-answer.ts";
import { readRequest } from "./read-request.ts";
import { refuse, send } from "./send-answer.ts";

export type HttpDoorOptions = Readonly<{
  app: HttpApp;
  log: Log;
  host: string;
  /** 0 for any that is free. */
  port: number;
  /** The names under which this server may be asked; undefined for all: see `isServedHost`. */
  hosts?: ReadonlySet<string> | undefined;
  bodyBytesMax?: number;
  /** How long a request may take to arrive, which bounds what a slow sender can hold. */
  requestTimeoutMs?: number;
  headersTimeoutMs?: number;
  /** How long `drain` lets requests finish. */
  drainMsMax?: number;
}>;

export interface HttpDoor {
  /** Resolves to the port. */
  listen(): Promise<number>;
  /** Stops accepting, lets running requests finish, then closes whatever is left. */
  drain(): Promise<void>;
  /** For whoever upgrades connections. */
  readonly server: Server;
}

const DEFAULTS = {
  bodyBytesMax: 1024 * 1024,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  drainMsMax: 10_000,
} as const;
const HEADER_BYTES_MAX = 16 * 1024;
const KEEP_ALIVE_MS = 65_000;

/** Node's HTTP server in front of the app. */
export function httpDoor(given: HttpDoorOptions): HttpDoor {
  const options = { ...DEFAULTS, ...given };
  const { headersTimeoutMs, requestTimeoutMs, drainMsMax, bodyBytesMax } = options;
  let draining = false;
  const streams = pipes();
  const answer = answerer(options, streams, () => draining);

  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    answer,
  );
  // Who asks before sending the body of a request that we refuse need not send it.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers["content-length"] ?? 0) <= bodyBytesMax) response.writeContinue();
    answer(request, response);
  });
  server.on("clientError", answerBadRequest);

  const close = closer(server);
  return {
    server,
    listen: () => listen(server, options),
    async drain() {
      draining = true;
      streams.endAll();
      await close(drainMsMax);
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function answerer(
  { app, log, hosts, bodyBytesMax }: HttpDoorOptions & { bodyBytesMax: number },
  streams: Pipes,
  isDraining: () => boolean,
): Answer {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isServedHost(request.headers.host, hosts)) return refuse(request, response, MISDIRECTED);

    const reading = readRequest(request, bodyBytesMax);
    const asked = reading instanceof Promise ? await reading : reading;
    if (asked === undefined) return;

    const answered = await answerOf(app, asked, log);
    if (asked.bodyTooLarge) refuse(request, response, answered);
    else if (isStreamed(answered) && !isDraining()) await streams.pipe(response, answered);
    else send(response, answered, { hasBody: asked.method !== "HEAD", isLast: isDraining() });
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error("answer not sent", { error: String(error) });
      response.destroy();
    });
  };
}

async function answerOf(app: HttpApp, asked: HttpRequest, log: Log): Promise<HttpResponse> {
  try {
    return await app(asked);
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error("request failed", { method: asked.method, error: said });
    return BROKEN;
  }
}
