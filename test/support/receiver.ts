import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export type Received = Readonly<{
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: Readonly<{ type: string; timestamp: string; data: Record<string, unknown> }>;
}>;

type Answering = (response: ServerResponse, received: Received) => void;

export type Receiver = Readonly<{
  url(path?: string): string;
  /** Everything that came, oldest first. */
  received: Received[];
  /** What came to one path. */
  at(path: string): readonly Received[];
  /** How the next requests to a path are answered, one each; the last goes on. */
  answer(path: string, ...answers: readonly Answering[]): void;
  close(): Promise<void>;
}>;

export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    void response.writeHead(code, headers).end();

/** Never answers. */
export const hang: Answering = () => undefined;

/** Closes the connection in the middle of the answer. */
export const cutOff: Answering = (response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("abc", () => response.destroy());
};

/** A server somewhere that is told of events. It answers 204 unless it was said otherwise. */
export async function receiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers = new Map<string, Answering[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const path = request.url ?? "/";
      const one = { path, headers: request.headers, body, json: JSON.parse(body) as never };
      received.push(one);
      const line = answers.get(path) ?? [];
      const answering = line.length > 1 ? line.shift() : line[0];
      (answering ?? status(204))(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path = "/") => `http://127.0.0.1:${port}${path}`,
    received,
    at: (path) => received.filter((one) => one.path === path),
    answer: (path, ...given) => void answers.set(path, [...given]),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** As a receiver would check it, with the library of Standard Webhooks. Throws when it is false. */
export function verified(secret: string, { body, headers }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
