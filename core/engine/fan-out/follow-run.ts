import type { RunKey } from "../../ports/queue.ts";
import { rows } from "../../store/rows.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, EventView } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";
import { eventsAfter } from "./events-after.ts";

export type Followed =
  | Readonly<{ type: "events"; events: readonly EventView[] }>
  /** Nothing has happened for a while. */
  | Readonly<{ type: "quiet" }>
  /** The run has ended and all of it was told. */
  | Readonly<{ type: "end"; status: string; seq: number }>;

/** A run as it goes on, from after an event until `until` is aborted or the run has ended. */
export type Following = (after: number, until: AbortSignal) => AsyncIterable<Followed>;

export interface Streams {
  /** Refused where there is no such run. */
  run(caller: Caller, runId: string): Promise<Result<Following>>;
}

export type StreamDeps = Pick<FanOutDeps, "table" | "log" | "hash" | "watch" | "elapsed">;

/** A line this often keeps whatever stands between us and the reader from hanging up. */
export const QUIET_MS = 15_000;

/**
 * Followers read the log from their cursor, again and again: what has been and what comes is one
 * path. `timeMsMax` ends a stream where something else would cut it off; its reader resumes.
 */
export function streamsOf(
  deps: StreamDeps,
  { timeMsMax = Number.POSITIVE_INFINITY, quietMs = QUIET_MS } = {},
): Streams {
  return {
    async run({ tenant }, runId) {
      const key = { tenant, runId };
      const head = await deps.table.get(rows.head(tenant, runId));
      if (!head) return refuse("NOT_FOUND", `there is no run ${runId}`);
      const bounds = { quietMs, endsAt: deps.elapsed() + timeMsMax };
      return ok((after, until) => follow(deps, key, after, until, bounds));
    },
  };
}

type Bounds = Readonly<{ quietMs: number; endsAt: number }>;

async function* follow(
  deps: StreamDeps,
  key: RunKey,
  after: number,
  until: AbortSignal,
  { quietMs, endsAt }: Bounds,
): AsyncGenerator<Followed> {
  const news = newsOf(deps, key, until);
  let seq = after;
  try {
    while (!until.aborted && deps.elapsed() < endsAt) {
      news.heard();
      // Looked at before the log, so that an end that is seen has all its events in the log.
      const head = await deps.table.get(rows.head(key.tenant, key.runId));
      const { events, more } = await eventsAfter(deps, key, seq);
      seq = events.at(-1)?.seq ?? seq;
      if (events.length > 0) yield { type: "events", events };
      if (more) continue;
      if (head?.["endedAt"] !== undefined) {
        yield { type: "end", status: String(head["status"]), seq };
        return;
      }
      const waitMs = Math.min(quietMs, endsAt - deps.elapsed());
      const isNews = await news.within(waitMs);
      if (!isNews && waitMs === quietMs && !until.aborted) yield { type: "quiet" };
    }
  } finally {
    news.stop();
  }
}

/** News of a run, from before the first look at it, so that none falls between look and wait. */
function newsOf({ watch }: StreamDeps, key: RunKey, until: AbortSignal) {
  let isNew = false;
  let wake: (() => void) | undefined;
  const tell = () => {
    isNew = true;
    wake?.();
  };
  const unfollow = watch.follow(key, tell);
  const stop = () => wake?.();
  until.addEventListener("abort", stop);

  return {
    heard() {
      isNew = false;
    },
    async within(ms: number): Promise<boolean> {
      if (isNew || until.aborted) return isNew;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, Math.max(0, ms));
      });
      wake = undefined;
      clearTimeout(timer);
      return isNew;
    },
    stop() {
      unfollow();
      until.removeEventListener("abort", stop);
    },
  };
}
