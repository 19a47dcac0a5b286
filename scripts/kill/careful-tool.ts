import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What a call asks for: an effect of one step of one run. */
type Wanted = Readonly<{ run: string; step: string }>;
export type Effect = Wanted & Readonly<{ key: string; receipt: string; asked: number }>;

/**
 * The other side of a tool that looks at its key: it acts once for each, and answers a repeat as it
 * answered first. It takes its time on either side of the effect, so that kills fall on both.
 */
export async function careful(random: () => number) {
  const effects = new Map<string, Effect>();

  async function act(request: IncomingMessage): Promise<string> {
    const wanted = (await bodyOf(request)) as Wanted;
    const key = String(request.headers["idempotency-key"]);
    await delay(random() * 20);
    const before = effects.get(key);
    const receipt = before?.receipt ?? `r-${effects.size + 1}`;
    effects.set(key, { ...wanted, key, receipt, asked: (before?.asked ?? 0) + 1 });
    await delay(random() * 20);
    return JSON.stringify({ receipt });
  }

  const server = createServer((request, response) => {
    act(request).then(
      (text) => response.setHeader("content-type", "application/json").end(text),
      () => response.destroy(),
    );
  });
  // Callers die all the time here.
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/act`,
    effects: (): readonly Effect[] => [...effects.values()],
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
