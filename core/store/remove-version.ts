import type { Instant } from "../kernel/json.ts";
import type { Condition, Item, Operation, Table } from "../ports/table.ts";
import { rows } from "./rows.ts";

type Version = Readonly<{ tenant: string; name: string; version: number }>;

/**
 * Takes a version away, in one write: it is kept under another key, where lists and new runs do not
 * look, and the newest of the others becomes the newest. Whoever publishes or removes another
 * version meanwhile changes a row that this write checks, and then it is judged again.
 */
export async function removeVersion(table: Table, of: Version, now: Instant): Promise<boolean> {
  const { tenant, name, version } = of;
  const key = rows.workflow(tenant, name, version);
  for (;;) {
    const item = await table.get(key);
    if (!item) return false;
    const head = await table.get(rows.workflowHead(tenant, name));
    const gone = { ...item, ...rows.workflowGone(tenant, name, version), deletedAt: now };
    const { ok } = await table.write([
      { type: "remove", key, when: { type: "present" } },
      { type: "put", item: gone, when: { type: "absent" } },
      ...(await headAfter(table, of, head)),
    ]);
    if (ok) return true;
  }
}

async function headAfter(
  table: Table,
  { tenant, name, version }: Version,
  head: Item | undefined,
): Promise<readonly Operation[]> {
  const key = rows.workflowHead(tenant, name);
  if (!head) return [{ type: "check", key, when: { type: "absent" } }];
  const isHead = { type: "is", attributes: { version: Number(head["version"]) } } as const;
  if (Number(head["version"]) !== version) return [{ type: "check", key, when: isHead }];
  const { pk } = rows.workflow(tenant, name, 0);
  const { items } = await table.query({ pk, prefix: "v#", reverse: true, limit: 2 });
  const next = items.find((item) => Number(item["version"]) !== version);
  const last = numberOf(head);
  if (next) {
    const { pk: nextPk, sk: nextSk, ...kept } = next;
    return [
      { type: "check", key: { pk: nextPk, sk: nextSk }, when: { type: "present" } },
      { type: "put", item: { ...kept, ...key, last }, when: isHead },
    ];
  }
  return [
    { type: "remove", key, when: isHead },
    { type: "put", item: { ...rows.workflowLast(tenant, name), version: last } },
  ];
}

/** The highest number that a version of a name ever had that has none now. */
export async function lastVersion(table: Table, tenant: string, name: string): Promise<number> {
  const last = await table.get(rows.workflowLast(tenant, name));
  return last ? Number(last["version"]) : 0;
}

/** Holds while that is so. */
export function isLast(tenant: string, name: string, version: number): Operation {
  const when: Condition =
    version === 0 ? { type: "absent" } : { type: "is", attributes: { version } };
  return { type: "check", key: rows.workflowLast(tenant, name), when };
}

/** The same of a name that has versions, by its head. */
export function numberOf(head: Item): number {
  return Number(head["last"] ?? head["version"]);
}
