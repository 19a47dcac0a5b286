import type { RunKey } from "../../ports/queue.ts";
import { eventViews } from "../read/event-view.ts";
import type { EventView } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";

const COMMITS = 50;

export type EventPage = Readonly<{
  events: readonly EventView[];
  /** The log has events beyond these. */
  more: boolean;
}>;

/** The one way in which anybody is told of a run: what its log has after a cursor. */
export async function eventsAfter(
  { log, hash }: Pick<FanOutDeps, "log" | "hash">,
  key: RunKey,
  seq: number,
): Promise<EventPage> {
  const { commits, more } = await log.read(key, seq, COMMITS);
  const events = commits
    .flatMap((commit) => eventViews(key.runId, commit, hash))
    .filter((event) => event.seq > seq);
  return { events, more };
}
