import type { Item, Key } from "../../core/ports/table.ts";

type Text = string | null;

/** The columns of `items` but the key, in the order of `COLUMNS`. */
export type Row = readonly [
  attributes: Text,
  content: Text,
  dueShard: Text,
  dueAt: Text,
  listPk: Text,
  listSk: Text,
];

export const COLUMNS = "attributes, content, due_shard, due_at, list_pk, list_sk";

/** Takes an item apart: the bulk and the index keys have columns, the small rest is JSON. */
export function rowOf(item: Item): Row {
  const { pk: _pk, sk: _sk, content, dueShard, dueAt, listPk, listSk, ...rest } = item;
  const attributes = JSON.stringify(rest);
  return [
    attributes === "{}" ? null : attributes,
    content ?? null,
    dueShard ?? null,
    dueAt ?? null,
    listPk ?? null,
    listSk ?? null,
  ];
}

export function itemOf(key: Key, row: Row): Item {
  const [attributes, content, dueShard, dueAt, listPk, listSk] = row;
  const item: Record<string, string> & { pk: string; sk: string } =
    attributes === null ? { pk: "", sk: "" } : JSON.parse(attributes);
  item.pk = key.pk;
  item.sk = key.sk;
  if (content !== null) item["content"] = content;
  if (dueShard !== null) item["dueShard"] = dueShard;
  if (dueAt !== null) item["dueAt"] = dueAt;
  if (listPk !== null) item["listPk"] = listPk;
  if (listSk !== null) item["listSk"] = listSk;
  return item;
}
