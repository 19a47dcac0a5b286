import type { SqliteDatabase } from "../adapters/sqlite/open.ts";
import { sqliteFeed } from "../adapters/sqlite/sqlite-feed.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import { carryOut, sendersDue } from "../core/engine/fan-out/carry-out.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import { oweWebhooks } from "../core/engine/fan-out/owe-webhooks.ts";
import { type Webhooks, webhooksOf } from "../core/engine/fan-out/webhooks.ts";
import type { DueHandlers } from "../core/engine/fire-due.ts";
import type { Log } from "../core/ports/log.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Table } from "../core/ports/table.ts";
import { fanOutParts } from "../wiring/fan-out-parts.ts";
import { commitFeed } from "./commit-feed.ts";
import { localSenders } from "./local-senders.ts";

export interface LocalFanOut {
  /** The table to write to, so that commits are heard of. */
  readonly watched: Table;
  readonly due: DueHandlers;
  /** Once the engine is there: what telling others needs of it. */
  open(engine: EngineDeps, secrets: Secrets): Readonly<{ webhooks: Webhooks }>;
  /** Goes on where the process before left. */
  catchUp(): Promise<void>;
  idle(ms: number): Promise<void>;
  close(ms: number): Promise<void>;
}

/** All that tells others, in one process. */
export function localFanOut(
  database: SqliteDatabase,
  { table, log }: Readonly<{ table: Table; log: Log }>,
): LocalFanOut {
  let opened: FanOutDeps | undefined;
  const deps = () => {
    if (!opened) throw new Error("nothing is told before the engine is wired");
    return opened;
  };
  const senders = localSenders({
    carryOut: (owed, until) => carryOut(deps(), owed, until),
    elapsed: () => performance.now(),
    log,
  });
  const feed = commitFeed({
    table,
    log,
    feed: sqliteFeed(database),
    owe: (commit) => oweWebhooks(deps(), commit),
    push: () => undefined,
  });
  return {
    watched: feed.watched,
    due: sendersDue(senders),
    open(engine, secrets) {
      const options = { secrets, senders, report: log, allowLoopback: true, alone: true };
      opened = fanOutParts(engine, options);
      return { webhooks: webhooksOf(opened) };
    },
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
