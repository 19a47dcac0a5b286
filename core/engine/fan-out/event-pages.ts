import type { RunKey } from "../../ports/queue.ts";
import type { EventView } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";
import { eventsAfter } from "./events-after.ts";

export type SharedPage = Readonly<{
  events: readonly Readonly<{ event: EventView; json: string }>[];
  more: boolean;
}>;

/** A page at one cursor, which holds all that is owed up to an event. */
export type EventPages = (key: RunKey, seq: number, owed: number) => Promise<SharedPage>;

const KEPT_MAX = 64;

/**
 * Reads the log once for all who stand at the same event of a run. Logs only grow, so a page is
 * never wrong, and one that reaches as far as somebody needs will do.
 */
export function eventPages(deps: Pick<FanOutDeps, "log" | "hash">): EventPages {
  const kept = new Map<string, Promise<SharedPage>>();

  async function read(key: RunKey, seq: number): Promise<SharedPage> {
    const { events, more } = await eventsAfter(deps, key, seq);
    return { events: events.map((event) => ({ event, json: JSON.stringify(event) })), more };
  }

  return async (key, seq, owed) => {
    const name = `${key.tenant}/${key.runId}/${seq}`;
    const known = await kept.get(name)?.catch(() => undefined);
    const end = known?.events.at(-1)?.event.seq ?? seq;
    if (known && (known.more || end >= owed) && owed > seq) return known;
    const reading = read(key, seq);
    kept.set(name, reading);
    if (kept.size > KEPT_MAX) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    return reading;
  };
}
