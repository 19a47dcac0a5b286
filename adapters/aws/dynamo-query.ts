import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Item, Page, Range } from "../../core/ports/table.ts";
import { type Bounds, boundsOf } from "../../core/ports/table-range.ts";
import { asking } from "./dynamo-retry.ts";
import { DYNAMO_KEYS } from "./dynamo-schema.ts";

type Source = Readonly<{ client: DynamoDBDocumentClient; table: string }>;

/** One page of a range. DynamoDB stops after 1 MB, so a page may take several requests. */
export async function dynamoQuery({ client, table }: Source, range: Range): Promise<Page> {
  const bounds = boundsOf(range);
  if (bounds.empty) return { items: [], more: false };
  const names = DYNAMO_KEYS[range.index ?? "rows"];
  const { condition, values, excluded } = sortKeyCondition(bounds);
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const query = new QueryCommand({
      TableName: table,
      ...(range.index ? { IndexName: range.index } : { ConsistentRead: true }),
      KeyConditionExpression: `#pk = :pk${condition}`,
      ExpressionAttributeNames: { "#pk": names.pk, ...(condition ? { "#sk": names.sk } : {}) },
      ExpressionAttributeValues: { ":pk": range.pk, ...values },
      ScanIndexForward: !range.reverse,
      // One more than asked for tells whether there are more.
      Limit: bounds.limit + 1 - items.length,
      ExclusiveStartKey: start,
    });
    const page = await asking("read rows", true, () => client.send(query));
    const found = (page.Items ?? []) as unknown as readonly Item[];
    items.push(...found.filter((item) => item[names.sk] !== excluded));
    start = page.LastEvaluatedKey;
  } while (start !== undefined && items.length <= bounds.limit);
  return { items: items.slice(0, bounds.limit), more: items.length > bounds.limit };
}

/**
 * DynamoDB takes one condition on the sort key, and the one that has two bounds includes both. The
 * text just after an excluded low bound is that bound with a zero; before a high bound there is no
 * such text, so rows that lie on it are left out when they come.
 */
function sortKeyCondition({ low, high }: Bounds) {
  if (low && high) {
    return {
      condition: " AND #sk BETWEEN :low AND :high",
      values: { ":low": low.inclusive ? low.text : `${low.text}\u0000`, ":high": high.text },
      excluded: high.inclusive ? undefined : high.text,
    };
  }
  if (low) {
    return {
      condition: ` AND #sk ${low.inclusive ? ">=" : ">"} :low`,
      values: { ":low": low.text },
    };
  }
  if (high) {
    return {
      condition: ` AND #sk ${high.inclusive ? "<=" : "<"} :high`,
      values: { ":high": high.text },
    };
  }
  return { condition: "", values: {} };
}
