import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../core/kernel/json.ts";

export type ToolCall = Readonly<{
  /** 1 for the first call of this path. */
  n: number;
  path: string;
  method: string;
  /** The idempotency key. */
  key: string;
  headers: IncomingHttpHeaders;
  body: Json;
  at: number;
  /** When the caller has hung up without waiting for the answer. */
  gone: Promise<void>;
}>;

export type ToolAnswer = Readonly<{
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless there is a `text`. */
  body?: Json;
  text?: string;
}>;

export type Behaviour = (call: ToolCall) => ToolAnswer | "hang" | Promise<ToolAnswer>;

export type ToolServer = Awaited<ReturnType<typeof toolServer>>;

/**
 * The other side of `http` tools: a real server that remembers every call.
 *
 * Like a good payment API it has an effect once for each idempotency key, and answers repeats as it
 * answered first. What a path does otherwise, a test says with `on`.
 */
export async function toolServer() {
  const calls: ToolCall[] = [];
  const behaviours = new Map<string, Behaviour>();
  const effects = new Map<string, Json>();
  const arrivals = new Set<() => void>();

  function effectOnce(call: ToolCall): ToolAnswer {
    const effect = effects.get(call.key) ?? { done: call.body, number: effects.size + 1 };
    effects.set(call.key, effect);
    return { body: effect };
  }

  async function serve(call: ToolCall, response: ServerResponse): Promise<void> {
    const behaviour = behaviours.get(call.path) ?? effectOnce;
    const answer = await behaviour(call);
    if (answer === "hang") return;
    const { status = 200, headers = {}, body = null, text } = answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(text ?? JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const path = request.url ?? "";
      const call: ToolCall = {
        n: calls.filter((before) => before.path === path).length + 1,
        path,
        method: request.method ?? "",
        key: String(request.headers["idempotency-key"] ?? ""),
        headers: request.headers,
        body: text === "" ? null : JSON.parse(text),
        at: Date.now(),
        gone: hungUp(response),
      };
      calls.push(call);
      for (const arrival of arrivals) arrival();
      serve(call, response).catch((error: unknown) => {
        response.writeHead(599).end(String(error));
      });
    });
  });
  // A killed caller is what these tests are about.
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    calls,
    effects,
    effectOnce,
    on: (path: string, behaviour: Behaviour) => void behaviours.set(path, behaviour),
    callsOf: (path: string) => calls.filter((call) => call.path === path),
    /** The `n`-th call of a path, when it has arrived. */
    async arrived(path: string, n = 1): Promise<ToolCall> {
      for (;;) {
        const call = calls.filter((one) => one.path === path)[n - 1];
        if (call) return call;
        await new Promise<void>((resolve) => {
          const arrival = () => {
            arrivals.delete(arrival);
            resolve();
          };
          arrivals.add(arrival);
        });
      }
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

function hungUp(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", () => {
      if (!response.writableEnded) resolve();
    });
  });
}
