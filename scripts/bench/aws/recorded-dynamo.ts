import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Item, Operation, Range, Table } from "../../../core/ports/table.ts";
import { readUnits, writeUnits } from "./units.ts";

/** What one request to DynamoDB was, and what it is charged. */
export type DynamoCall = Readonly<{
  command: string;
  /** Operations of the request that wrote. */
  writes: number;
  writeUnits: number;
  readUnits: number;
  streamRecords: number;
  /** A single put of a commit: a step in the middle of a visit. */
  isMiddleCommit: boolean;
}>;

type Input = Readonly<Record<string, unknown>>;
type Sent = Readonly<{ constructor: { name: string }; input: Input }>;

/**
 * DynamoDB as a client of the SDK sees it, kept in memory, with a record of every request.
 *
 * The adapter's own requests are what is recorded, so it understands the expressions that the
 * adapter makes and throws at any other: an expression that is ignored would be a wrong figure.
 */
export function recordedDynamo(table: Table): {
  client: DynamoDBDocumentClient;
  calls: DynamoCall[];
} {
  const calls: DynamoCall[] = [];
  const send = async ({ constructor, input }: Sent): Promise<unknown> => {
    switch (constructor.name) {
      case "GetCommand":
        return get(table, calls, input);
      case "QueryCommand":
        return query(table, calls, input);
      case "PutCommand":
      case "DeleteCommand":
      case "UpdateCommand":
        return write(table, calls, constructor.name, [operationOf(constructor.name, input)]);
      case "TransactWriteCommand": {
        const items = input["TransactItems"] as readonly Readonly<Record<string, Input>>[];
        const operations = items.map((item) => {
          const [[kind, one]] = Object.entries(item) as [[string, Input]];
          return operationOf(`${kind}Command`, one);
        });
        return write(table, calls, constructor.name, operations);
      }
      default:
        throw new Error(`the recorded DynamoDB knows no ${constructor.name}`);
    }
  };
  return { client: { send } as unknown as DynamoDBDocumentClient, calls };
}

const NOTHING = {
  writes: 0,
  writeUnits: 0,
  readUnits: 0,
  streamRecords: 0,
  isMiddleCommit: false,
};

async function get(table: Table, calls: DynamoCall[], input: Input): Promise<unknown> {
  const item = await table.get(input["Key"] as { pk: string; sk: string });
  const units = readUnits([item], input["ConsistentRead"] === true);
  calls.push({ ...NOTHING, command: "GetItem", readUnits: units });
  return { Item: item };
}

async function query(table: Table, calls: DynamoCall[], input: Input): Promise<unknown> {
  const { IndexName, Limit, ScanIndexForward, ConsistentRead, ExclusiveStartKey } = input;
  if (ExclusiveStartKey !== undefined) throw new Error("a recorded query has one page");
  const values = input["ExpressionAttributeValues"] as Readonly<Record<string, string>>;
  const range: Range = {
    pk: values[":pk"] ?? "",
    limit: Number(Limit),
    reverse: ScanIndexForward === false,
    ...(IndexName !== undefined && { index: IndexName as "due" | "list" }),
  };
  const condition = String(input["KeyConditionExpression"]).replace("#pk = :pk", "").trim();
  const page = await table.query({ ...range, limit: 1_000 });
  const sk = { rows: "sk", due: "dueAt", list: "listSk" }[range.index ?? "rows"];
  const fits = comparisonOf(condition, values);
  const items = page.items.filter((item) => fits(String(item[sk]))).slice(0, Number(Limit));
  const units = readUnits(items, ConsistentRead === true);
  calls.push({ ...NOTHING, command: "Query", readUnits: units });
  return { Items: items };
}

function comparisonOf(condition: string, values: Readonly<Record<string, string>>) {
  const { ":low": low = "", ":high": high = "" } = values;
  switch (condition) {
    case "":
      return () => true;
    case "AND #sk BETWEEN :low AND :high":
      return (sk: string) => sk >= low && sk <= high;
    case "AND #sk > :low":
      return (sk: string) => sk > low;
    case "AND #sk >= :low":
      return (sk: string) => sk >= low;
    case "AND #sk < :high":
      return (sk: string) => sk < high;
    case "AND #sk <= :high":
      return (sk: string) => sk <= high;
    default:
      throw new Error(`the recorded DynamoDB knows no condition ${condition}`);
  }
}

function operationOf(command: string, input: Input): Operation {
  const when = conditionOf(input);
  const key = input["Key"] as { pk: string; sk: string };
  switch (command) {
    case "PutCommand":
      return { type: "put", item: input["Item"] as Item, ...(when && { when }) };
    case "DeleteCommand":
      return { type: "remove", key, ...(when && { when }) };
    case "ConditionCheckCommand":
      if (!when) throw new Error("a check without a condition");
      return { type: "check", key, when };
    case "UpdateCommand": {
      const values = input["ExpressionAttributeValues"] as Readonly<Record<string, number>>;
      const by = values[":by"] ?? 0;
      const [low = 0, high = 0] = [values[":low"], values[":high"]];
      const expiresAt = values[":expires"];
      const expiry = expiresAt === undefined ? {} : { expiresAt };
      return { type: "add", key, by, min: bounded(low + by), max: bounded(high + by), ...expiry };
    }
    default:
      throw new Error(`the recorded DynamoDB knows no ${command}`);
  }
}

function bounded(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

function conditionOf(input: Input): Extract<Operation, { type: "check" }>["when"] | undefined {
  const expression = input["ConditionExpression"] as string | undefined;
  // The condition of an addition is its bounds, which are read as such.
  if (expression === undefined || input["UpdateExpression"] !== undefined) return undefined;
  if (expression === "attribute_not_exists(pk)") return { type: "absent" };
  if (expression === "attribute_exists(pk)") return { type: "present" };
  const parts = expression.split(" AND ");
  if (parts[0] !== "attribute_exists(pk)") throw new Error(`an unknown condition: ${expression}`);
  const names = (input["ExpressionAttributeNames"] ?? {}) as Readonly<Record<string, string>>;
  const values = (input["ExpressionAttributeValues"] ?? {}) as Readonly<Record<string, string>>;
  const attributes = parts.slice(1).map((part) => {
    const [name = "", value = ""] = part.split(" = ");
    return [names[name] ?? "", values[value] ?? ""] as const;
  });
  return { type: "is", attributes: Object.fromEntries(attributes) };
}

async function write(
  table: Table,
  calls: DynamoCall[],
  command: string,
  operations: readonly Operation[],
): Promise<unknown> {
  const isTransaction = command === "TransactWriteCommand";
  let units = 0;
  for (const operation of operations) {
    const { pk, sk } = operation.type === "put" ? operation.item : operation.key;
    units += writeUnits(operation, await table.get({ pk, sk }), isTransaction);
  }
  const result = await table.write(operations);
  // A refused write is charged like one that happened.
  const writes = operations.filter(({ type }) => type !== "check").length;
  const streamRecords = result.ok ? writes : 0;
  const [first] = operations;
  const isMiddleCommit =
    !isTransaction && first?.type === "put" && first.item.sk.startsWith("log#");
  const call = { command, writes, writeUnits: units, streamRecords, isMiddleCommit };
  calls.push({ ...NOTHING, ...call });
  if (result.ok) return {};
  if (!isTransaction) throw failed("ConditionalCheckFailedException");
  throw Object.assign(failed("TransactionCanceledException"), {
    CancellationReasons: operations.map((_, index) => ({
      Code: result.refused.some((one) => one.operation === index)
        ? "ConditionalCheckFailed"
        : "None",
    })),
  });
}

/** The bench's run meets no refusal that its row would have to explain, so none is given back. */
function failed(name: string): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
}
