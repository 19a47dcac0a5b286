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

/** News of a commit, as a stream of the table's changes tells it. */
export type Committed = Readonly<{
  tenant: string;
  runId: string;
  seq: number;
  /** The newest event of the commit. */
  lastSeq: number;
  types: readonly string[];
  /** The commit's own, which covers those before. */
  hash: string;
}>;

/** The news in a row that was written; undefined when the row is no commit. */
export function committedIn(item: Item): Committed | undefined {
  if (!item.sk.startsWith("log#")) return undefined;
  const at = item.pk.indexOf("#run#");
  if (at < 0) return undefined;
  const seq = Number(item["seq"]);
  const types = String(item["types"]).split(",");
  const lastSeq = seq + types.length - 1;
  const hash = String(item["hash"]);
  return { tenant: item.pk.slice(0, at), runId: item.pk.slice(at + 5), seq, lastSeq, types, hash };
}
