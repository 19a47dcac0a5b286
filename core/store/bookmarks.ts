import type { Instant } from "../kernel/json.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item } from "../ports/table.ts";
import { rows } from "./rows.ts";

/** A name for how a run was after one of its events. It lives and dies with its run. */
export type Bookmark = Readonly<{
  name: string;
  seq: number;
  description: string;
  tags: Readonly<Record<string, string>>;
  createdAt: Instant;
}>;

export function bookmarkRow({ tenant, runId }: RunKey, bookmark: Bookmark): Item {
  const { name, seq, description, tags, createdAt } = bookmark;
  const key = rows.bookmark(tenant, runId, name);
  return { ...key, name, seq, description, tags: JSON.stringify(tags), createdAt };
}

export function bookmarkOf(row: Item): Bookmark {
  return {
    name: String(row["name"]),
    seq: Number(row["seq"]),
    description: String(row["description"]),
    tags: JSON.parse(String(row["tags"])) as Record<string, string>,
    createdAt: Number(row["createdAt"]),
  };
}
