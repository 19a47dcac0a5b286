import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { Fault } from "../../core/ports/fault.ts";
import type { Item, Key, Operation, Refused, Table, WriteResult } from "../../core/ports/table.ts";
import { checkOperations, holds, isKey, sum } from "../../core/ports/table-rules.ts";
import { plainKey, requestOf } from "./dynamo-operation.ts";
import { dynamoQuery } from "./dynamo-query.ts";
import { asking, cancellationCodes, nameOf } from "./dynamo-retry.ts";

type Source = Readonly<{ client: DynamoDBDocumentClient; table: string }>;
type StoredItem = Record<string, AttributeValue>;

const DONE: WriteResult = { ok: true };

/**
 * The table in DynamoDB. One operation is one plain request, at half the price of a transaction;
 * several are one transaction, whose token lets it be repeated when its answer is lost (DynamoDB
 * knows it for ten minutes). A plain request has no such token: see `asking`.
 */
export function dynamoTable(source: Source): Table {
  return {
    get: (key) => read(source, key),
    query: (range) => dynamoQuery(source, range),
    async write(operations) {
      checkOperations(operations);
      const [first] = operations;
      if (!first) return DONE;
      if (operations.length > 1) return writeAll(source, operations);
      if (first.type === "check") return checkAlone(source, first);
      return writeOne(source, first);
    },
  };
}

async function read({ client, table }: Source, key: Key): Promise<Item | undefined> {
  if (!isKey(key)) return undefined;
  const { pk, sk } = key;
  const get = new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true });
  const { Item } = await asking("read a row", true, () => client.send(get));
  return Item as Item | undefined;
}

/** Nothing is written, so a consistent read says all that a transaction of one check could. */
async function checkAlone(
  source: Source,
  operation: Extract<Operation, { type: "check" }>,
): Promise<WriteResult> {
  const item = await read(source, plainKey(operation));
  if (holds(operation.when, item)) return DONE;
  return { ok: false, refused: [{ operation: 0, item }] };
}

function writeOne(
  { client, table }: Source,
  operation: Exclude<Operation, { type: "check" }>,
): Promise<WriteResult> {
  const send = () => {
    const request = requestOf(operation, table);
    if (request.type === "put") return client.send(new PutCommand(request.input));
    if (request.type === "remove") return client.send(new DeleteCommand(request.input));
    if (request.type === "add") return client.send(new UpdateCommand(request.input));
    throw new TypeError("a check alone is a read");
  };
  return asking("write a row", false, async () => {
    try {
      await send();
      return DONE;
    } catch (error) {
      if (nameOf(error) !== "ConditionalCheckFailedException") throw error;
      const { Item } = error as { Item?: StoredItem };
      return { ok: false, refused: [refusal(operation, 0, Item)] };
    }
  });
}

function writeAll(
  { client, table }: Source,
  operations: readonly Operation[],
): Promise<WriteResult> {
  const write = new TransactWriteCommand({
    ClientRequestToken: crypto.randomUUID(),
    TransactItems: operations.map((operation) => {
      const request = requestOf(operation, table);
      if (request.type === "put") return { Put: request.input };
      if (request.type === "remove") return { Delete: request.input };
      if (request.type === "add") return { Update: request.input };
      return { ConditionCheck: request.input };
    }),
  });
  return asking("write rows together", true, async () => {
    try {
      await client.send(write);
      return DONE;
    } catch (error) {
      return refusalOf(error, operations);
    }
  });
}

/** The answer in a cancelled transaction. Throws the error when it is none. */
function refusalOf(error: unknown, operations: readonly Operation[]): WriteResult {
  const codes = cancellationCodes(error);
  const isAnswer = codes.every((code) => code === "None" || code === "ConditionalCheckFailed");
  if (codes.length === 0 || !isAnswer) throw error;
  const { CancellationReasons: reasons } = error as {
    CancellationReasons: readonly { Item?: StoredItem }[];
  };
  const refused = operations.flatMap((operation, index) =>
    codes[index] === "ConditionalCheckFailed"
      ? [refusal(operation, index, reasons[index]?.Item)]
      : [],
  );
  return { ok: false, refused };
}

function refusal(operation: Operation, index: number, stored: StoredItem | undefined): Refused {
  const item = stored && plainItem(stored);
  if (operation.type !== "add") return { operation: index, item };
  // The condition also fails for a count that is no number; that is a fault, which this throws.
  sum(operation, item);
  return { operation: index };
}

/** lib-dynamodb leaves the items of errors as they came. */
function plainItem(stored: StoredItem): Item {
  const attributes = Object.entries(stored).map(([name, { S, N, BOOL }]) => {
    const value = S ?? BOOL ?? (N === undefined ? undefined : Number(N));
    if (value === undefined) {
      throw new Fault(`DynamoDB holds an attribute ${name} that is no scalar.`, {
        retryable: false,
      });
    }
    return [name, value] as const;
  });
  return Object.fromEntries(attributes) as unknown as Item;
}
