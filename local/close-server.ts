import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const LOOK_EVERY_MS = 20;

/**
 * Ends a server: requests that run may finish, all else is closed, and after `msMax` those too.
 *
 * Node closes connections that have fallen idle, but not those on which nothing was ever asked.
 * Browsers keep such ones ready, and every stop would take its full time.
 */
export function closer(server: Server): (msMax: number) => Promise<void> {
  const unused = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.prependListener("request", ({ socket }: IncomingMessage) => unused.delete(socket));
  server.prependListener("checkContinue", ({ socket }: IncomingMessage) => unused.delete(socket));

  function sweep(): void {
    server.closeIdleConnections();
    for (const socket of unused) socket.destroy();
  }

  return async (msMax) => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    sweep();
    const sweeping = setInterval(sweep, LOOK_EVERY_MS);
    const end = setTimeout(() => server.closeAllConnections(), msMax);
    await closed;
    clearInterval(sweeping);
    clearTimeout(end);
  };
}
