import type { RunKey } from "../../ports/queue.ts";
import type { EngineDeps } from "../deps.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { EventView, Listing } from "../views.ts";
import { eventViews } from "./event-view.ts";

/** How many commits one answer looks through for events of a rare type. */
const COMMITS_MAX = 2_000;
const PAGE = 100;

/** Events after a cursor, oldest first. The cursor is the number of the last event seen. */
export async function readEvents(
  deps: EngineDeps,
  key: RunKey,
  query: { after: number; type?: string | undefined; limit: number },
): Promise<Result<Listing<EventView>>> {
  const data: EventView[] = [];
  let seen = query.after;
  let looked = 0;
  for (;;) {
    const { commits, more } = await deps.log.read(key, seen, PAGE);
    if (commits.length === 0 && seen === 0) {
      return refuse("NOT_FOUND", `there is no run ${key.runId}`);
    }
    for (const commit of commits) {
      for (const event of eventViews(key.runId, commit, deps.hash)) {
        if (event.seq <= seen) continue;
        if (data.length === query.limit) return page(data, seen);
        seen = event.seq;
        if (query.type === undefined || event.type === query.type) data.push(event);
      }
    }
    looked += commits.length;
    if (!more) break;
    if (looked >= COMMITS_MAX) return page(data, seen);
  }
  // A cursor beyond the end of a run that exists is an empty page, and of no run a 404.
  if (data.length === 0 && !(await exists(deps, key))) {
    return refuse("NOT_FOUND", `there is no run ${key.runId}`);
  }
  return ok({ data, nextCursor: null });
}

function page(data: readonly EventView[], seen: number): Result<Listing<EventView>> {
  return ok({ data, nextCursor: String(seen) });
}

async function exists(deps: EngineDeps, key: RunKey): Promise<boolean> {
  return (await deps.log.read(key, 0, 1)).commits.length > 0;
}
