import type { Condition, Item, Key, Operation, Refused, Table } from "../../core/ports/table.ts";

/** Just enough of a table for the tests beside it. */
export function tinyTable(): Table & { all(): readonly Item[] } {
  const items = new Map<string, Item>();
  const at = (key: Key) => `${key.pk}\n${key.sk}`;

  function holds(when: Condition | undefined, item: Item | undefined): boolean {
    if (when === undefined) return true;
    if (when.type === "absent") return item === undefined;
    if (item === undefined) return false;
    if (when.type === "present") return true;
    return Object.entries(when.attributes).every(([name, value]) => item[name] === value);
  }

  function keyOf(operation: Operation): Key {
    return operation.type === "put" ? operation.item : operation.key;
  }

  return {
    all: () => [...items.values()],
    get: async (key) => items.get(at(key)),
    query: async ({ pk, prefix = "", after, until, reverse = false, limit = 100, index }) => {
      const sortKey = (item: Item) =>
        (index === undefined ? item.sk : item[index === "due" ? "dueAt" : "listSk"]) as string;
      const partition = (item: Item) =>
        index === undefined ? item.pk : item[index === "due" ? "dueShard" : "listPk"];
      const sign = reverse ? -1 : 1;
      const compare = (a: string, b: string) => sign * (a < b ? -1 : a > b ? 1 : 0);
      const found = [...items.values()]
        .filter((item) => partition(item) === pk && sortKey(item).startsWith(prefix))
        .filter((item) => after === undefined || compare(sortKey(item), after) > 0)
        .filter((item) => until === undefined || compare(sortKey(item), until) <= 0)
        .toSorted((a, b) => compare(sortKey(a), sortKey(b)));
      return { items: found.slice(0, limit), more: found.length > limit };
    },
    write: async (operations) => {
      const refused: Refused[] = [];
      for (const [index, operation] of operations.entries()) {
        const item = items.get(at(keyOf(operation)));
        const when = operation.type === "add" ? undefined : operation.when;
        if (!holds(when, item)) refused.push({ operation: index, item });
      }
      if (refused.length > 0) return { ok: false, refused };
      for (const operation of operations) {
        if (operation.type === "put") {
          const stored = Object.entries(operation.item).filter(([, value]) => value !== undefined);
          items.set(at(operation.item), Object.fromEntries(stored) as Item);
        }
        if (operation.type === "remove") items.delete(at(operation.key));
      }
      return { ok: true };
    },
  };
}
