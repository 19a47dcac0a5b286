import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { SqliteDatabase } from "../adapters/sqlite/open.ts";
import { sqliteFeed } from "../adapters/sqlite/sqlite-feed.ts";
import { createEngine } from "../core/engine/create-engine.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { carryOut, sendersDue } from "../core/engine/fan-out/carry-out.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { type Streams, streamsOf } from "../core/engine/fan-out/follow-run.ts";
import { type Hooks, hooksOf } from "../core/engine/fan-out/hooks.ts";
import { type Live, liveOf } from "../core/engine/fan-out/live.ts";
import { oweWebhooks } from "../core/engine/fan-out/owe-webhooks.ts";
import { type Tickets, ticketsDue, ticketsOf } from "../core/engine/fan-out/tickets.ts";
import { type Webhooks, webhooksOf } from "../core/engine/fan-out/webhooks.ts";
import type { DueHandlers } from "../core/engine/fire-due.ts";
import { signHead } from "../core/engine/ledger/sign-head.ts";
import type { Log } from "../core/ports/log.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Table } from "../core/ports/table.ts";
import type { Committed } from "../core/store/commit.ts";
import { memoryConnections } from "../core/store/memory-connections.ts";
import { memoryLines } from "../core/store/memory-lines.ts";
import { fanOutParts } from "../wiring/fan-out-parts.ts";
import { commitFeed } from "./commit-feed.ts";
import { localSenders } from "./local-senders.ts";
import { type LocalSockets, localSockets } from "./local-sockets.ts";
import { type WebSockets, webSockets } from "./web-sockets.ts";

export interface LocalFanOut {
  /** The table to write to, so that commits are heard of. */
  readonly watched: Table;
  due(): DueHandlers;
  /** Once the engine is there: what telling others needs of it. */
  open(engine: EngineDeps, secrets: Secrets): Told;
  /** Takes WebSockets on a server's port. */
  listen(server: Server, hosts: ReadonlySet<string> | undefined): WebSockets;
  /** Goes on where the process before left. */
  catchUp(): Promise<void>;
  idle(ms: number): Promise<void>;
  close(ms: number): Promise<void>;
}

/** What the app serves of it. */
export type Told = Readonly<{
  webhooks: Webhooks;
  streams: Streams;
  tickets: Tickets;
  hooks: Hooks;
  live: Live;
}>;

/** All that tells others, in one process. */
export function localFanOut(
  database: SqliteDatabase,
  { table, log }: Readonly<{ table: Table; log: Log }>,
): LocalFanOut {
  let opened: Opened | undefined;
  const now = () => {
    if (!opened) throw new Error("nothing is told before the engine is wired");
    return opened;
  };
  const sockets = localSockets();
  const senders = localSenders({
    carryOut: (owed, until) => carryOut(now().deps, owed, until),
    elapsed: () => performance.now(),
    log,
  });
  const feed = commitFeed({
    table,
    log,
    feed: sqliteFeed(database),
    owe: (commit) => oweAndSign(now(), commit),
    push: (commit) => {
      opened?.told.live.committed(commit)?.catch((error: unknown) => {
        log.error("a commit was not pushed", { run: commit.runId, error: String(error) });
      });
    },
  });
  return {
    watched: feed.watched,
    due: () => ({ ...sendersDue(now().deps), ticket: ticketsDue(table) }),
    open(engine, secrets) {
      const options = { secrets, senders, report: log, allowLoopback: true, alone: true };
      const deps = fanOutParts(engine, options);
      const tickets = ticketsOf(deps);
      const live = localLive(deps, { sockets, tickets });
      const hooks = hooksOf(deps, createEngine(engine));
      const told = { webhooks: webhooksOf(deps), streams: streamsOf(deps), tickets, hooks, live };
      opened = { engine, deps, told };
      return told;
    },
    listen: (server, hosts) => webSockets(server, { live: now().told.live, sockets, hosts, log }),
    catchUp: () => feed.catchUp(),
    async idle(ms) {
      await feed.settled();
      await senders.idle(ms);
    },
    async close(ms) {
      await senders.drain(ms);
      await feed.stop();
    },
  };
}

type Opened = Readonly<{ engine: EngineDeps; deps: FanOutDeps; told: Told }>;

/** Both go on when one fails; a commit that comes again is told of and signed once all the same. */
function oweAndSign({ engine, deps }: Opened, commit: Committed): Promise<void> | undefined {
  const owing = oweWebhooks(deps, commit);
  const signing = signHead(engine, commit);
  if (!owing || !signing) return owing ?? signing;
  return Promise.all([owing, signing]).then(() => undefined);
}

/** RFC 6455's "something broke on our side". */
const BROKEN = 1011;

/** Connections live in this process and end with it, and so does what is known of them. */
function localLive(
  deps: FanOutDeps,
  { sockets, tickets }: Readonly<{ sockets: LocalSockets; tickets: Tickets }>,
): Live {
  const connections = memoryConnections();
  const live: Live = liveOf({
    ...deps,
    connections,
    tickets,
    sockets,
    lines: memoryLines(),
    // Nobody else could die with a claim, so none ever ends by itself.
    lineClock: { now: () => 0 },
    pause: (ms) => pause(ms),
    owed: (line) => {
      live.push(line, Number.POSITIVE_INFINITY).catch(async (error: unknown) => {
        deps.report.error("a push failed", { run: line.runId, error: String(error) });
        // Its client connects again and goes on after what it has.
        const lost = await connections.ofSubscriber(line.tenant, line.subscriber);
        if (lost) await sockets.close(lost.connection, BROKEN, "something broke on our side");
      });
    },
  });
  return live;
}
