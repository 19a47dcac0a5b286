import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { Fault } from "../../core/ports/fault.ts";
import type { TenantData } from "../../core/ports/tenant-data.ts";
import { asking } from "./dynamo-retry.ts";

type Source = Readonly<{ client: DynamoDBDocumentClient; table: string }>;
type StoredKey = Readonly<{ pk: string; sk: string }>;

/** What one request removes. */
const BATCH_MAX = 25;
const UNPROCESSED_TRIES_MAX = 8;

/**
 * All rows of a tenant, whatever they are.
 *
 * The whole table is read for it, a megabyte a page: rows that nobody lists, such as events that
 * nobody waited for, are found in no other way. At 1 kB a run this is a cent for a million runs,
 * and tenants are deleted rarely.
 */
export function dynamoTenantData({ client, table }: Source): TenantData {
  return {
    async removeSome(tenant, from) {
      const scan = new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        FilterExpression: "begins_with(#pk, :begin)",
        ProjectionExpression: "#pk, #sk",
        ExpressionAttributeNames: { "#pk": "pk", "#sk": "sk" },
        ExpressionAttributeValues: { ":begin": `${tenant}#` },
        ...(from !== undefined && { ExclusiveStartKey: JSON.parse(from) as StoredKey }),
      });
      const page = await asking("read rows", true, () => client.send(scan));
      const keys = (page.Items ?? []) as unknown as readonly StoredKey[];
      for (let at = 0; at < keys.length; at += BATCH_MAX) {
        await remove({ client, table }, keys.slice(at, at + BATCH_MAX));
      }
      const last = page.LastEvaluatedKey;
      return { count: keys.length, ...(last && { next: JSON.stringify(last) }) };
    },
  };
}

async function remove({ client, table }: Source, keys: readonly StoredKey[]): Promise<void> {
  let left = deletes(keys);
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === UNPROCESSED_TRIES_MAX) {
      throw new Fault("DynamoDB did not remove all rows that it was asked to.", {
        retryable: true,
      });
    }
    const batch = new BatchWriteCommand({ RequestItems: { [table]: left } });
    const written = await asking("remove rows", true, () => client.send(batch));
    left = (written.UnprocessedItems?.[table] ?? []) as typeof left;
  }
}

function deletes(keys: readonly StoredKey[]) {
  return keys.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
}
