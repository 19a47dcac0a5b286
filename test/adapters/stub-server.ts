import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = Readonly<{
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}>;
export type Reply = Readonly<{
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}>;

/** A real server on the loopback interface that answers what the test says and remembers all. */
export async function stubServer() {
  const seen: Seen[] = [];
  let reply: (request: Seen, count: number) => Reply | "hang" = () => ({});
  const waiting: (() => void)[] = [];
  const server = http.createServer((request, response) => void serve(request, response));
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const arrived = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(arrived);
    for (const done of waiting.splice(0)) done();
    const answer = reply(arrived, seen.length);
    if (answer === "hang") return;
    response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? "");
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    /** Forgets what was seen and answers otherwise from now on. */
    answers(next: Reply | "hang" | ((request: Seen, count: number) => Reply | "hang")) {
      seen.length = 0;
      reply = typeof next === "function" ? next : () => next;
    },
    json(value: unknown, status = 200, headers: Record<string, string> = {}) {
      const body = JSON.stringify(value);
      this.answers({ status, headers: { "content-type": "application/json", ...headers }, body });
    },
    /** When the next request has arrived completely. */
    arrived: () => new Promise<void>((done) => waiting.push(done)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
