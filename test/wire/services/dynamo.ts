import {
  type AwsAnswer,
  type AwsCall,
  type Emulator,
  onlyKnown,
  Unsupported,
} from "../aws/call.ts";
import { ACCOUNT, REGION } from "../template/template.ts";

const EXPRESSION = [
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValuesOnConditionCheckFailure",
];
const WRITE = ["TableName", ...EXPRESSION, "ReturnConsumedCapacity", "ReturnValues"];
const READ = ["TableName", "ConsistentRead", "ExpressionAttributeNames", "ProjectionExpression"];

/** DynamoDB Local passes over a parameter that it does not know: a misspelt condition writes. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  PutItem: [...WRITE, "Item"],
  UpdateItem: [...WRITE, "Key", "UpdateExpression"],
  DeleteItem: [...WRITE, "Key"],
  GetItem: [...READ, "Key"],
  Query: [
    ...READ,
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeValues",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
    "Select",
  ],
  Scan: [...READ, "FilterExpression", "ExpressionAttributeValues", "ExclusiveStartKey", "Limit"],
  BatchWriteItem: ["RequestItems"],
  TransactWriteItems: ["TransactItems", "ClientRequestToken", "ReturnConsumedCapacity"],
  DescribeStream: ["StreamArn", "ExclusiveStartShardId", "Limit"],
  GetShardIterator: ["StreamArn", "ShardId", "ShardIteratorType", "SequenceNumber"],
  GetRecords: ["ShardIterator", "Limit"],
};
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Put: [...EXPRESSION, "TableName", "Item"],
  Update: [...EXPRESSION, "TableName", "Key", "UpdateExpression"],
  Delete: [...EXPRESSION, "TableName", "Key"],
  ConditionCheck: [...EXPRESSION, "TableName", "Key"],
};

const OURS = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:`;
const LOCAL = "arn:aws:dynamodb:ddblocal:000000000000:";

/** DynamoDB Local, behind a door that knows what may be asked. */
export function dynamo(endpoint: string): Emulator {
  return async (call) => {
    check(call);
    const body = call.raw.body.toString("utf8").replaceAll(OURS, LOCAL);
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": String(call.raw.headers["x-amz-target"]),
        authorization: String(call.raw.headers.authorization),
      },
      body,
    });
    const text = (await response.text()).replaceAll(LOCAL, OURS);
    return { status: response.status, body: Buffer.from(text) } satisfies AwsAnswer;
  };
}

function check(call: AwsCall): void {
  const known = KNOWN[call.operation];
  if (!known) throw new Unsupported(`${call.service}:${call.operation}`);
  onlyKnown(call, known);
  if (call.operation !== "TransactWriteItems") return;
  const items = call.params["TransactItems"] as readonly Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >[];
  for (const item of items) {
    for (const [part, params] of Object.entries(item)) {
      onlyKnown(call, PARTS[part] ?? [], params as AwsCall["params"]);
    }
  }
}
