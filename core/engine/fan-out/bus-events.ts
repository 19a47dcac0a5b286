import type { Json, JsonObject } from "../../kernel/json.ts";
import { bytesOf } from "../../kernel/sizes.ts";
import type { BusEvent } from "../../ports/bus.ts";
import type { Item } from "../../ports/table.ts";
import { type Committed, commitOf } from "../../store/commit.ts";
import { eventViews } from "../read/event-view.ts";

/** What happens to runs and tasks as a whole: the steps in between are many, and each costs. */
const TOLD = /^(?:run|task)\./;
/** One event on the bus is charged for each 64 kB; what is larger is read from the run. */
const DETAIL_BYTES_MAX = 60_000;

/** The events of a commit that go on the bus. `row` is the commit as it was written. */
export function busEvents(
  { tenant, runId, types }: Committed,
  row: Item,
  hash: (text: string) => string,
): readonly BusEvent[] {
  if (!types.some((type) => TOLD.test(type))) return [];
  return eventViews(runId, commitOf(row), hash)
    .filter(({ type }) => TOLD.test(type))
    .map(({ id, type, at, seq, actor, data }) => {
      const small = { runId, seq, actor: actor as Json };
      const whole: JsonObject = { ...small, data };
      const detail = bytesOf(whole) <= DETAIL_BYTES_MAX ? whole : { ...small, truncated: true };
      return { id, tenant, type, at, detail };
    });
}
