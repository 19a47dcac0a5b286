import type { Clock } from "../../ports/clock.ts";
import type { Line } from "../../ports/senders.ts";
import type { Sockets } from "../../ports/sockets.ts";
import type { Connections } from "../../store/connections.ts";
import type { Lines } from "../../store/lines.ts";
import type { FanOutDeps } from "./deps.ts";
import type { EventPages } from "./event-pages.ts";
import type { LineDeps } from "./line.ts";
import type { Tickets } from "./tickets.ts";

export type LiveDeps = Pick<FanOutDeps, "table" | "log" | "hash" | "randomness" | "elapsed"> &
  Readonly<{
    connections: Connections;
    /** Of the connections; their clock stands still where a claim cannot outlive its process. */
    lines: Lines;
    lineClock: Clock;
    clock: Clock;
    sockets: Sockets;
    tickets: Tickets;
    pages: EventPages;
    /** Tells a sender of a line; where the process pushes by itself, it does so now. */
    owed(line: Line): void | Promise<void>;
    pause(ms: number): Promise<void>;
  }>;

/** What its lines need: see `line.ts`. */
export function lineDeps({ lines, lineClock, randomness }: LiveDeps): LineDeps {
  return { lines, clock: lineClock, randomness, alone: false };
}

export async function forget(deps: LiveDeps, connection: string): Promise<void> {
  for (const subscription of await deps.connections.remove(connection)) {
    await deps.lines.removeAll(subscription);
  }
}
