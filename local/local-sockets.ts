import type { WebSocket } from "ws";
import type { SocketSent, Sockets } from "../core/ports/sockets.ts";

export interface LocalSockets extends Sockets {
  add(id: string, socket: WebSocket): void;
  remove(id: string): void;
  /** Asks each whether it is still there, and drops those that have not answered the last time. */
  ping(): void;
  closeAll(code: number, reason: string): void;
}

/** What may wait to be sent to one client; beyond it nothing more is read for it. */
const WAITING_BYTES_MAX = 64 * 1024;
/** How long that may last before the client counts as too slow. */
const SLOW_MS = 10_000;
/** How long a client may take to answer that the connection is closed. */
const CLOSING_MS = 2_000;

/** The connections that this process holds. */
export function localSockets({ slowMs = SLOW_MS } = {}): LocalSockets {
  const open = new Map<string, WebSocket>();
  const alive = new WeakSet<WebSocket>();

  return {
    add(id, socket) {
      open.set(id, socket);
      alive.add(socket);
      socket.on("pong", () => alive.add(socket));
    },

    remove(id) {
      open.delete(id);
    },

    async send(connection, frame): Promise<SocketSent> {
      const socket = open.get(connection);
      if (socket?.readyState !== socket?.OPEN || !socket) return "gone";
      const { promise, resolve } = Promise.withResolvers<SocketSent>();
      socket.send(frame, (error) => resolve(error ? "gone" : "sent"));
      if (socket.bufferedAmount <= WAITING_BYTES_MAX) return "sent";
      const timer = setTimeout(() => resolve("slow"), slowMs);
      return promise.finally(() => clearTimeout(timer));
    },

    async close(connection, code, reason) {
      const socket = open.get(connection);
      if (!socket) return;
      socket.close(code, reason);
      setTimeout(() => socket.terminate(), CLOSING_MS).unref();
    },

    ping() {
      for (const socket of open.values()) {
        if (!alive.delete(socket)) socket.terminate();
        else socket.ping();
      }
    },

    closeAll(code, reason) {
      for (const socket of open.values()) {
        socket.close(code, reason);
        setTimeout(() => socket.terminate(), CLOSING_MS).unref();
      }
    },
  };
}
