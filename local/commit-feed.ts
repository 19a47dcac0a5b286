import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import type { Feed } from "../adapters/sqlite/sqlite-feed.ts";
import type { Log } from "../core/ports/log.ts";
import type { Table } from "../core/ports/table.ts";
import { type Committed, committedIn } from "../core/store/commit.ts";

export interface CommitFeed {
  /** The table, with an eye on the commits that are written through it. */
  readonly watched: Table;
  /** Tells of the commits that the process before may not have told of. */
  catchUp(): Promise<void>;
  /** Resolves when the news so far has been dealt with. */
  settled(): Promise<void>;
  /** Keeps the position a last time. */
  stop(): Promise<void>;
}

/** What hears of commits; a promise when it has something to write that must not be lost. */
export type CommitListener = (commit: Committed) => Promise<void> | undefined;

const ROW = { pk: "platform#feed", sk: "webhooks" } as const;
const KEEP_EVERY_MS = 1_000;
const PAGE = 500;
const STOP_MS_MAX = 1_000;
const AGAIN_MS_MAX = 30_000;

/**
 * The laptop's stream of commits.
 *
 * News of a commit is a call within the process, so it costs nothing; what a crash loses of that is
 * found again by position. The position is kept about once a second, behind commits whose news has
 * been dealt with, and a new process tells of everything after it: late and twice, never not.
 */
export function commitFeed(deps: {
  table: Table;
  feed: Feed;
  log: Log;
  /** Must have dealt with a commit before the position moves on. */
  owe: CommitListener;
  /** Hears of commits while it lives. */
  push: (commit: Committed) => void;
}): CommitFeed {
  const { table, feed } = deps;
  const dealing = new Set<Promise<void>>();
  let position: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const life = new AbortController();

  function heard(commit: Committed): void {
    deps.push(commit);
    const owing = deps.owe(commit);
    if (!owing) return;
    const dealt = untilDone(owing, commit);
    dealing.add(dealt);
    dealt.then(() => dealing.delete(dealt)).catch(() => undefined);
  }

  /** A failure is of the disk or a bug; the position stays behind the commit until it is done. */
  async function untilDone(first: Promise<void>, commit: Committed): Promise<void> {
    let owing: Promise<void> | undefined = first;
    for (let delayMs = 100; ; delayMs = Math.min(AGAIN_MS_MAX, delayMs * 2)) {
      try {
        return await owing;
      } catch (error) {
        deps.log.error("a commit was not told of", { run: commit.runId, error: String(error) });
      }
      // Ends this one as well when the process ends: the next finds it by its position.
      await pause(delayMs, undefined, { signal: life.signal });
      owing = deps.owe(commit);
    }
  }

  /** The news of a commit comes in the turn that wrote it, so a turn's end has no gap. */
  async function keep(): Promise<void> {
    const end = feed.end();
    await Promise.all(dealing);
    if (position === undefined || end === position) return;
    await table.write([{ type: "put", item: { ...ROW, position: end } }]);
    position = end;
  }

  function keepLater(): void {
    timer = setTimeout(() => {
      keep()
        .catch((error: unknown) => {
          deps.log.error("the feed's position was not kept", { error: String(error) });
        })
        .finally(() => {
          if (!life.signal.aborted) keepLater();
        });
    }, KEEP_EVERY_MS);
    timer.unref();
  }

  return {
    watched: {
      get: (key) => table.get(key),
      query: (range) => table.query(range),
      async write(operations) {
        const result = await table.write(operations);
        // A commit is the first operation of its write: see `runLog`.
        const [first] = operations;
        if (result.ok && first?.type === "put") {
          const commit = committedIn(first.item);
          if (commit) heard(commit);
        }
        return result;
      },
    },

    async catchUp() {
      const stored = await table.get(ROW);
      let at = Number(stored?.["position"] ?? feed.end());
      // Nothing is newer than the newest: a file from a backup may be behind its position.
      at = Math.min(at, feed.end());
      for (;;) {
        const page = feed.after(at, PAGE);
        if (page.rows.length === 0) break;
        for (const row of page.rows) {
          const commit = committedIn(row);
          if (commit) await deps.owe(commit);
        }
        at = page.position;
        await turn();
      }
      if (stored === undefined || at !== stored["position"]) {
        await table.write([{ type: "put", item: { ...ROW, position: at } }]);
      }
      position = at;
      keepLater();
    },

    async settled() {
      await Promise.all(dealing);
    },

    async stop() {
      clearTimeout(timer);
      life.abort();
      // With a commit that is not dealt with the position stays, and the next process finds it.
      await Promise.race([keep(), pause(STOP_MS_MAX)]).catch(() => undefined);
    },
  };
}
