import type { Item, Operation, Table } from "../../core/ports/table.ts";

export type Written = Readonly<{ operations: readonly Operation[]; units: number }>;

/**
 * A table that reckons what DynamoDB would charge for each write, from the sizes of the rows: one
 * unit for each KB begun, twice in a transaction, and one more for each index that the row is in,
 * two when its place in the index changes. (AWS, "DynamoDB read and write operations".)
 */
export function reckoned(table: Table): Table & { written: Written[] } {
  const written: Written[] = [];
  return {
    written,
    get: (key) => table.get(key),
    query: (range) => table.query(range),
    async write(operations) {
      let units = 0;
      for (const operation of operations) {
        const key = operation.type === "put" ? operation.item : operation.key;
        const before = await table.get({ pk: key.pk, sk: key.sk });
        const factor = operations.length > 1 ? 2 : 1;
        units += factor * rowUnits(operation, before) + indexUnits(operation, before);
      }
      const result = await table.write(operations);
      if (result.ok) written.push({ operations, units });
      return result;
    },
  };
}

function rowUnits(operation: Operation, before: Item | undefined): number {
  const after = operation.type === "put" ? operation.item : before;
  return Math.max(kilobytes(after), kilobytes(before), 1);
}

function indexUnits(operation: Operation, before: Item | undefined): number {
  const after = operation.type === "put" ? operation.item : undefined;
  if (operation.type !== "put" && operation.type !== "remove") return 0;
  return places.reduce((sum, place) => {
    const [from, to] = [before && place(before), after && place(after)];
    if (from === undefined && to === undefined) return sum;
    if (from !== undefined && to !== undefined && from !== to) {
      return sum + kilobytes(before) + kilobytes(after);
    }
    return sum + Math.max(kilobytes(before), kilobytes(after));
  }, 0);
}

const places = [
  ({ dueShard, dueAt }: Item) => (dueShard === undefined ? undefined : `${dueShard}/${dueAt}`),
  ({ listPk, listSk }: Item) => (listPk === undefined ? undefined : `${listPk}/${listSk}`),
];

/** Names and values as DynamoDB counts them: texts in UTF-8, numbers half a byte a digit. */
function kilobytes(item: Item | undefined): number {
  if (!item) return 0;
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value === undefined) continue;
    bytes += Buffer.byteLength(name);
    if (typeof value === "string") bytes += Buffer.byteLength(value);
    else bytes += typeof value === "number" ? Math.ceil(String(value).length / 2) + 1 : 1;
  }
  return Math.ceil(bytes / 1024);
}
