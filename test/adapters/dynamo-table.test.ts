import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { dynamoClient } from "../../adapters/aws/dynamo-client.ts";
import { createTable } from "../../adapters/aws/dynamo-schema.ts";
import { dynamoTable } from "../../adapters/aws/dynamo-table.ts";
import { tableContract } from "../contracts/table.contract.ts";

tableContract("the DynamoDB table", async () => {
  const { client, table } = await freshTable();
  return { table: dynamoTable({ client, table }), close: () => client.destroy() };
});

test("the table is billed by request, has both indexes and streams what was written", async () => {
  const { client, table } = await freshTable();

  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));

  expect(Table?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
  expect(Table?.StreamSpecification?.StreamViewType).toBe("NEW_IMAGE");
  const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName, Projection }) => [
    IndexName,
    Projection?.ProjectionType,
  ]);
  expect(new Map(indexes as [string, string][])).toEqual(
    new Map([
      ["due", "ALL"],
      ["list", "ALL"],
    ]),
  );
  client.destroy();
});

async function freshTable() {
  const endpoint = process.env["HOLDFAST_DYNAMO_ENDPOINT"];
  if (!endpoint) throw new Error("HOLDFAST_DYNAMO_ENDPOINT is not set: run `npm run test:dynamo`");
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = dynamoClient({ endpoint, region: "eu-central-1", credentials });
  const table = `holdfast-${crypto.randomUUID()}`;
  await createTable(client, table);
  return { client, table };
}
