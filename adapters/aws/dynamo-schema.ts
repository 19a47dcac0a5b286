import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import type { Range } from "../../core/ports/table.ts";

type Index = NonNullable<Range["index"]>;
type KeyNames = Readonly<{ pk: string; sk: string }>;

/** The keys of the table (`rows`) and of its indexes. The stack's template has the same. */
export const DYNAMO_KEYS: Readonly<Record<Index | "rows", KeyNames>> = {
  rows: { pk: "pk", sk: "sk" },
  due: { pk: "dueShard", sk: "dueAt" },
  list: { pk: "listPk", sk: "listSk" },
};

/** Makes the table on an emulator, for tests and local use. A deployment makes it by its stack. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(new CreateTableCommand(definition(name)));
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name });
}

function definition(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.values(DYNAMO_KEYS)
      .flatMap(({ pk, sk }) => [pk, sk])
      .map((attribute) => ({ AttributeName: attribute, AttributeType: "S" as const })),
    KeySchema: keySchema(DYNAMO_KEYS.rows),
    GlobalSecondaryIndexes: (["due", "list"] as const).map((index) => ({
      IndexName: index,
      KeySchema: keySchema(DYNAMO_KEYS[index]),
      Projection: { ProjectionType: "ALL" as const },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
  };
}

function keySchema({ pk, sk }: KeyNames) {
  return [
    { AttributeName: pk, KeyType: "HASH" as const },
    { AttributeName: sk, KeyType: "RANGE" as const },
  ];
}
