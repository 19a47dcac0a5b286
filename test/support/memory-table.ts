import type { Item, Key, Operation, Refused, Table } from "../../core/ports/table.ts";
import { boundsOf, compareText } from "../../core/ports/table-range.ts";
import { added, checkOperations, holds, keyOf, sum } from "../../core/ports/table-rules.ts";

type Partitions = Map<string, Map<string, Item>>;

/** The table in memory, for simulations: the same promises, done before the call returns. */
export function memoryTable(): Table {
  const rows: Partitions = new Map();
  const due: Partitions = new Map();
  const list: Partitions = new Map();

  const find = (key: Key): Item | undefined => rows.get(key.pk)?.get(key.sk);

  function erase(key: Key): void {
    const item = find(key);
    if (!item) return;
    remove(rows, item.pk, item.sk);
    remove(due, item.dueShard, nameOf(item));
    remove(list, item.listPk, nameOf(item));
  }

  function store(item: Item): void {
    erase(item);
    insert(rows, item.pk, item.sk, item);
    if (item.dueAt !== undefined) insert(due, item.dueShard, nameOf(item), item);
    if (item.listSk !== undefined) insert(list, item.listPk, nameOf(item), item);
  }

  function refusal(operation: Operation, index: number): Refused | undefined {
    const item = find(keyOf(operation));
    if (operation.type === "add") {
      return sum(operation, item) === undefined ? { operation: index } : undefined;
    }
    return holds(operation.when, item) ? undefined : { operation: index, item };
  }

  function change(operation: Operation): void {
    if (operation.type === "put") store(kept(operation.item));
    if (operation.type === "remove") erase(operation.key);
    if (operation.type === "add") {
      store(kept(added(operation, find(operation.key))));
    }
  }

  return {
    async get(key) {
      return find(key);
    },
    async query(range) {
      const { low, high, limit, empty } = boundsOf(range);
      if (empty) return { items: [], more: false };
      const { partitions, sk } = {
        rows: { partitions: rows, sk: (item: Item) => item.sk },
        due: { partitions: due, sk: (item: Item) => item.dueAt ?? "" },
        list: { partitions: list, sk: (item: Item) => item.listSk ?? "" },
      }[range.index ?? "rows"];
      const found = [...(partitions.get(range.pk)?.values() ?? [])].filter((item) => {
        const above = low ? compareText(sk(item), low.text) : 1;
        const below = high ? compareText(high.text, sk(item)) : 1;
        return (
          (above > 0 || (above === 0 && low?.inclusive)) &&
          (below > 0 || (below === 0 && high?.inclusive))
        );
      });
      const sign = range.reverse ? -1 : 1;
      found.sort((a, b) => compareText(sk(a), sk(b)) * sign);
      return { items: found.slice(0, limit), more: found.length > limit };
    },
    async write(operations) {
      checkOperations(operations);
      const refused = operations.flatMap((operation, index) => refusal(operation, index) ?? []);
      if (refused.length > 0) return { ok: false, refused };
      for (const operation of operations) change(operation);
      return { ok: true };
    },
  };
}

/** What a database would give back: nothing that is undefined, and no minus before a zero. */
function kept(item: Item): Item {
  const entries = Object.entries(item).filter(([, value]) => value !== undefined);
  const values = entries.map(([name, value]) => [name, value === 0 ? 0 : value] as const);
  return Object.freeze({ pk: item.pk, sk: item.sk, ...Object.fromEntries(values) });
}

function nameOf({ pk, sk }: Key): string {
  return `${pk.length} ${pk}${sk}`;
}

function insert(partitions: Partitions, pk: string | undefined, name: string, item: Item): void {
  if (pk === undefined) return;
  const partition = partitions.get(pk) ?? new Map<string, Item>();
  partitions.set(pk, partition.set(name, item));
}

function remove(partitions: Partitions, pk: string | undefined, name: string): void {
  if (pk === undefined) return;
  const partition = partitions.get(pk);
  partition?.delete(name);
  if (partition?.size === 0) partitions.delete(pk);
}
