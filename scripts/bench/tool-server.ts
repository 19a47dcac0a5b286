import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export type ToolCall = Readonly<{ run: number; step: number; key: string }>;

export type ToolServer = Readonly<{
  /** One for each of its ports. */
  urls: readonly string[];
  /** Answers later, and not at all when the caller dies, the calls for which this says so. */
  hold(when: (call: ToolCall) => boolean): void;
  /** Resolves when so many runs are held at once. */
  held(runs: number): Promise<void>;
  /** Forgets who was held, and when runs called; from now on everything is answered. */
  release(): void;
  /** When each run called for the first time since `release`. */
  firstCalls(): ReadonlyMap<number, number>;
  /** How often each effect was asked for, by its idempotency key. */
  asked(): ReadonlyMap<string, number>;
  close(): void;
}>;

/** A tool that acts at once, remembers each key it acted for, and may take its time to answer. */
export async function startToolServer(ports: number): Promise<ToolServer> {
  const asked = new Map<string, number>();
  let firstCalls = new Map<number, number>();
  let holds: ((call: ToolCall) => boolean) | undefined;
  let heldRuns = new Set<number>();
  let tellHeld: (() => void) | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { run, step } = (await bodyOf(request)) as { run: number; step: number };
    const key = String(request.headers["idempotency-key"]);
    asked.set(key, (asked.get(key) ?? 0) + 1);
    if (!firstCalls.has(run)) firstCalls.set(run, performance.now());
    if (holds?.({ run, step, key })) {
      heldRuns.add(run);
      tellHeld?.();
      return;
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ pad: "x".repeat(200) }));
  }

  const listening = Array.from({ length: ports }, () =>
    listen((request, response) => {
      answer(request, response).catch(() => response.destroy());
    }),
  );
  const servers = await Promise.all(listening);
  return {
    urls: servers.map((server) => `http://127.0.0.1:${portOf(server)}/act`),
    hold: (when) => {
      holds = when;
    },
    held: (runs) =>
      new Promise((resolve) => {
        tellHeld = () => {
          if (heldRuns.size >= runs) resolve();
        };
        tellHeld();
      }),
    release() {
      holds = undefined;
      heldRuns = new Set();
      firstCalls = new Map();
    },
    firstCalls: () => firstCalls,
    asked: () => asked,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listen(answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
