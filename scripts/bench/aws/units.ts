import type { Item, Operation } from "../../../core/ports/table.ts";

/*
 * What DynamoDB charges, reckoned from the sizes of rows (AWS, "DynamoDB read and write
 * operations"): what its emulator says of transactions is wrong.
 */

/**
 * Write request units of one operation: one for each KB begun of the larger of the row before and
 * after, twice in a transaction, and as much again for each index that the row is in, or for both
 * its places there when it moves.
 */
export function writeUnits(
  operation: Operation,
  before: Item | undefined,
  isTransaction: boolean,
): number {
  const after = afterwards(operation, before);
  const row = Math.max(kilobytes(after), kilobytes(before), 1);
  if (operation.type === "check") return isTransaction ? 2 * row : row;
  const index = PLACES.reduce((sum, place) => sum + indexUnits(place, before, after), 0);
  return (isTransaction ? 2 : 1) * row + index;
}

/** Read request units of one request: a half for each 4 KB begun, twice when it is consistent. */
export function readUnits(items: readonly (Item | undefined)[], isConsistent: boolean): number {
  const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0);
  const pages = Math.max(1, Math.ceil(bytes / 4_096));
  return isConsistent ? pages : pages / 2;
}

function afterwards(operation: Operation, before: Item | undefined): Item | undefined {
  if (operation.type === "put") return operation.item;
  return operation.type === "remove" ? undefined : before;
}

type Place = (item: Item) => string | undefined;

const PLACES: readonly Place[] = [
  ({ dueShard, dueAt }) => (dueShard === undefined ? undefined : `${dueShard}/${dueAt}`),
  ({ listPk, listSk }) => (listPk === undefined ? undefined : `${listPk}/${listSk}`),
];

function indexUnits(place: Place, before: Item | undefined, after: Item | undefined): number {
  const from = before && place(before);
  const to = after && place(after);
  if (from === undefined && to === undefined) return 0;
  const isMoved = from !== undefined && to !== undefined && from !== to;
  return isMoved
    ? kilobytes(before) + kilobytes(after)
    : Math.max(kilobytes(before), kilobytes(after));
}

function kilobytes(item: Item | undefined): number {
  return Math.ceil(bytesOf(item) / 1_024);
}

/** Names and values as DynamoDB counts them: texts in UTF-8, numbers half a byte a digit. */
export function bytesOf(item: Item | undefined): number {
  if (!item) return 0;
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value === undefined) continue;
    bytes += Buffer.byteLength(name);
    if (typeof value === "string") bytes += Buffer.byteLength(value);
    else bytes += typeof value === "number" ? Math.ceil(String(value).length / 2) + 1 : 1;
  }
  return bytes;
}
