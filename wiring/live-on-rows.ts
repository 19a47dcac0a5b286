import { setTimeout as pause } from "node:timers/promises";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { type Live, liveOf } from "../core/engine/fan-out/live.ts";
import { ticketsOf } from "../core/engine/fan-out/tickets.ts";
import type { DueHandlers } from "../core/engine/fire-due.ts";
import type { Sockets } from "../core/ports/sockets.ts";
import { connectionIn, tableConnections } from "../core/store/table-connections.ts";

/**
 * The WebSocket where its connections are rows and its pushes come from many processes.
 *
 * A line is pushed by whoever says first that it is owed something, in that process and before it
 * goes on: `timeMs` is what one push may take. What is left then is found by the sweep.
 */
export function liveOnRows(
  deps: FanOutDeps,
  given: Readonly<{ sockets: Sockets; timeMs: number; pause?: (ms: number) => Promise<void> }>,
): Live {
  const { sockets, timeMs } = given;
  const live: Live = liveOf({
    ...deps,
    sockets,
    tickets: ticketsOf(deps),
    connections: tableConnections(deps),
    lineClock: deps.clock,
    pause: given.pause ?? ((ms) => pause(ms)),
    owed: (line) => live.push(line, deps.elapsed() + timeMs),
  });
  return live;
}

/** Connections whose end nobody told us. */
export function connectionsDue(live: Live): DueHandlers {
  return { connection: { fire: (row) => live.closed(connectionIn(row)) } };
}
