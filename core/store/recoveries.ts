import type { Instant } from "../kernel/json.ts";
import type { Condition, Item, Table } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/** A webhook that is being told again what it has missed: how far that has come. */
export type Recovery = Readonly<{
  tenant: string;
  webhook: string;
  since: Instant;
  /** Which of the tenant's runs are looked at, and after which of them it goes on. */
  part: "live" | "done";
  after: string | null;
  /** Names the request: a newer one takes the place of an older. */
  id: string;
  due: Instant;
}>;

export async function putRecovery(table: Table, recovery: Recovery, when?: Condition) {
  const { tenant, webhook, due, ...content } = recovery;
  const item: Item = {
    ...rows.recovery(tenant, webhook),
    kind: "recovery",
    tenant,
    webhook,
    id: recovery.id,
    due,
    dueShard: dueShard(webhook),
    dueAt: dueAt(due, `recovery#${webhook}`),
    content: JSON.stringify(content),
  };
  return (await table.write([{ type: "put", item, ...(when && { when }) }])).ok;
}

export async function readRecovery(
  table: Table,
  { tenant, webhook }: Pick<Recovery, "tenant" | "webhook">,
): Promise<Recovery | undefined> {
  const item = await table.get(rows.recovery(tenant, webhook));
  if (!item) return undefined;
  const content = JSON.parse(item.content ?? "{}") as Omit<Recovery, "tenant" | "webhook" | "due">;
  return { ...content, tenant, webhook, due: Number(item["due"]) };
}

export async function removeRecovery(table: Table, { tenant, webhook, id }: Recovery) {
  const key = rows.recovery(tenant, webhook);
  await table.write([{ type: "remove", key, when: { type: "is", attributes: { id } } }]);
}
