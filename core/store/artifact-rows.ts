import type { Instant } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import { listSk, rows } from "./rows.ts";

export const JSON_TYPE = "application/json";

/** What is known of an artifact beside its content. One row for each owner of the same content. */
export type ArtifactRecord = Readonly<{
  tenant: string;
  id: string;
  /** The run that it belongs to. */
  owner: string;
  contentType: string;
  bytes: number;
  createdAt: Instant;
  tags: Readonly<Record<string, string>>;
}>;

export function artifactRow(record: ArtifactRecord): Item {
  const { tenant, id, owner, contentType, bytes, createdAt, tags } = record;
  return {
    ...rows.artifact(tenant, id, owner),
    ...rows.artifactsOf(tenant, owner),
    listSk: listSk(createdAt, id),
    tenant,
    artifact: id,
    contentType,
    bytes,
    createdAt,
    ...(Object.keys(tags).length > 0 && { tags: JSON.stringify(tags) }),
  };
}

export function artifactOf(row: Item): ArtifactRecord {
  return {
    tenant: String(row["tenant"]),
    id: String(row["artifact"]),
    owner: row.sk,
    contentType: String(row["contentType"]),
    bytes: Number(row["bytes"]),
    createdAt: Number(row["createdAt"]),
    tags: JSON.parse(String(row["tags"] ?? "{}")) as Record<string, string>,
  };
}

/** The artifact of one owner, or without one, of whoever in the tenant has it. */
export async function findArtifact(
  table: Table,
  tenant: string,
  id: string,
  owner?: string,
): Promise<ArtifactRecord | undefined> {
  if (owner !== undefined) {
    const row = await table.get(rows.artifact(tenant, id, owner));
    return row && artifactOf(row);
  }
  const { pk } = rows.artifact(tenant, id, "");
  const { items } = await table.query({ pk, limit: 1 });
  return items[0] && artifactOf(items[0]);
}
