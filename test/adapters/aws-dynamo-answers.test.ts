import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dynamoClient } from "../../adapters/aws/dynamo-client.ts";
import { dynamoTable } from "../../adapters/aws/dynamo-table.ts";
import type { Operation, Table } from "../../core/ports/table.ts";

/** What DynamoDB says next: an answer, or the connection ends without one. */
type Answer = Readonly<{ status: number; body: object }> | "lost";
type Request = Readonly<{ action: string; body: Readonly<Record<string, unknown>> }>;

let server: Server;
let table: Table;
let answers: Answer[] = [];
let requests: Request[] = [];

beforeEach(async () => {
  answers = [];
  requests = [];
  server = createServer((request, response) => {
    void receive(request).then(() => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer === "lost") return request.socket.destroy();
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" });
      return response.end(JSON.stringify(answer.body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  table = dynamoTable({ client: dynamoClient(), table: "rows" });
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

async function receive(request: IncomingMessage): Promise<void> {
  const action = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
  requests.push({ action, body: JSON.parse(await text(request)) });
}

const key = { pk: "ten_1#run#1", sk: "log#1" };
const when = { type: "absent" } as const;
const put: Operation = { type: "put", item: { ...key, content: "confidential" }, when };
const add: Operation = { type: "add", key: { pk: "ten_1#counter", sk: "runs" }, by: 1, max: 5 };
const done: Answer = { status: 200, body: {} };
const unsure = { name: "Fault", retryable: true };

function refusal(type: string, more: object = {}): Answer {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "confidential" };
  return { status: type.startsWith("Internal") ? 500 : 400, body: { ...body, ...more } };
}

function cancelled(...codes: readonly string[]): Answer {
  const CancellationReasons = codes.map((Code) => ({ Code, Message: "confidential" }));
  return refusal("TransactionCanceledException", { CancellationReasons });
}

test("one operation is a plain request, several are a transaction, a lone check is a read", async () => {
  answers = [done];

  await table.write([put]);
  await table.write([add]);
  await table.write([{ type: "remove", key }]);
  await table.write([{ type: "check", key, when }]);
  await table.write([put, add]);

  expect(requests.map(({ action }) => action)).toEqual([
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "GetItem",
    "TransactWriteItems",
  ]);
});

test.each([
  "ThrottlingException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "TransactionConflictException",
])("a conditional write is repeated after a %s, which says that nothing happened", async (type) => {
  answers = [refusal(type), refusal(type), done];

  expect(await table.write([put])).toEqual({ ok: true });

  expect(requests).toHaveLength(3);
});

test.each([
  ["its answer is lost", "lost"],
  ["the server fails", refusal("InternalServerError")],
] as const)(
  "a single write is not repeated when %s, since it may have happened",
  async (_, answer) => {
    answers = [answer, done];

    await expect(table.write([put])).rejects.toMatchObject(unsure);

    expect(requests).toHaveLength(1);
  },
);

test("adding is not repeated when its answer is lost", async () => {
  answers = ["lost", done];

  await expect(table.write([add])).rejects.toMatchObject(unsure);

  expect(requests).toHaveLength(1);
});

test("a transaction whose answer is lost is repeated under its token", async () => {
  answers = [
    "lost",
    refusal("InternalServerError"),
    refusal("TransactionInProgressException"),
    done,
  ];

  expect(await table.write([put, add])).toEqual({ ok: true });

  const tokens = requests.map(({ body }) => body["ClientRequestToken"]);
  expect(tokens).toHaveLength(4);
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test("two transactions have two tokens", async () => {
  answers = [done];

  await table.write([put, add]);
  await table.write([put, add]);

  const tokens = requests.map(({ body }) => body["ClientRequestToken"]);
  expect(new Set(tokens).size).toBe(2);
});

test.each(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])(
  "a %s beside a failed condition is no answer yet",
  async (code) => {
    answers = [
      cancelled("ConditionalCheckFailed", code),
      cancelled("None", "ConditionalCheckFailed"),
    ];

    const result = await table.write([put, add]);

    expect(result).toEqual({ ok: false, refused: [{ operation: 1 }] });
    expect(requests).toHaveLength(2);
  },
);

test("a read is repeated when its answer is lost or the server fails", async () => {
  const stored = { pk: { S: key.pk }, sk: { S: key.sk }, count: { N: "3" } };
  answers = ["lost", refusal("InternalServerError"), { status: 200, body: { Item: stored } }];

  expect(await table.get(key)).toEqual({ ...key, count: 3 });

  expect(requests).toHaveLength(3);
});

test.each([
  [[put], refusal("ValidationException")],
  [[put], refusal("ResourceNotFoundException")],
  [[put], refusal("AccessDeniedException")],
  [[put, add], cancelled("ValidationError", "ConditionalCheckFailed")],
] as const)(
  "what asking again cannot help is asked once, and nothing of it is told: %j",
  async (operations, answer) => {
    answers = [answer];

    const fault = await table.write(operations).catch((error: unknown) => error);

    expect(fault).toMatchObject({ name: "Fault", retryable: false });
    expect(String(fault)).not.toContain("confidential");
    expect(requests).toHaveLength(1);
  },
);

test("a table that only throttles is given up as a fault that can be tried later", async () => {
  answers = [refusal("ThrottlingException")];

  await expect(table.write([put])).rejects.toMatchObject(unsure);

  expect(requests).toHaveLength(8);
});

test("an endpoint that is not there is a fault that can be tried later", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  const nowhere = dynamoTable({ client: dynamoClient(), table: "rows" });

  await expect(nowhere.write([put])).rejects.toMatchObject(unsure);
});
