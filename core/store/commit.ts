import type { Event } from "../kernel/event.ts";
import type { Instant } from "../kernel/json.ts";
import type { Actor } from "../kernel/run.ts";
import type { Item } from "../ports/table.ts";

/** One commit, read back. */
export type Commit = Readonly<{
  seq: number;
  at: Instant;
  actor: Actor;
  types: readonly string[];
  /** Undefined when the content was erased. */
  events: readonly Event[] | undefined;
  item: Item;
}>;

/** A row of the log as the commit that it is. */
export function commitOf(item: Item): Commit {
  const content = item.content;
  const parsed =
    content === undefined ? undefined : (JSON.parse(content) as { events: readonly Event[] });
  return {
    seq: Number(item["seq"]),
    at: Number(item["at"]),
    actor: JSON.parse(String(item["actor"])) as Actor,
    types: String(item["types"]).split(","),
    events: parsed?.events,
    item,
  };
}
