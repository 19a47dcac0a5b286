import type { JsonObject } from "../../../core/kernel/json.ts";
import { type AwsCall, objects, text, textOr, Unsupported } from "../aws/call.ts";
import { ACCOUNT, REGION } from "../template/template.ts";
import type { Wish } from "./statement.ts";

/** What has to be known of an account to say what a call asks for. */
export type Account = Readonly<{
  /** The ARN of the key that a resource is encrypted with, if it is one of the account's own. */
  keyOf(arn: string): string | undefined;
  kmsKeyArn(id: string): string;
  secretArn(id: string): string;
  /** The function that an event source mapping feeds. */
  mappedFunction(uuid: string): string | undefined;
  functionArn(name: string): string;
  busArn(name: string): string;
  socketApi(): Readonly<{ id: string; stage: string }>;
}>;

type Wishes = readonly Wish[];
type Ask = (call: AwsCall, account: Account) => Wishes;

const ASK: Readonly<Record<string, Ask>> = {
  dynamodb: ofDynamo,
  dynamodbstreams: ofStreams,
  sqs: ofSqs,
  s3: ofS3,
  kms: (call, account) => [
    wish(`kms:${call.operation}`, account.kmsKeyArn(text(call.params, "KeyId")), {
      "kms:MacAlgorithm": textOr(call.params, "MacAlgorithm"),
      "kms:SigningAlgorithm": textOr(call.params, "SigningAlgorithm"),
    }),
  ],
  secretsmanager: ofSecrets,
  scheduler: ofScheduler,
  ses: ofSes,
  events: (call, account) =>
    objects(call.params, "Entries").map((entry) =>
      wish("events:PutEvents", account.busArn(textOr(entry, "EventBusName") ?? "default"), {
        "events:source": textOr(entry, "Source"),
        "events:detail-type": textOr(entry, "DetailType"),
      }),
    ),
  lambda: ofLambda,
  "execute-api": ({ params, raw }, account) => {
    const { id, stage } = account.socketApi();
    const path = `${stage}/${raw.method}/@connections/${text(params, "ConnectionId")}`;
    return [wish("execute-api:ManageConnections", arn("execute-api", `${id}/${path}`))];
  },
};

/** All that a caller must be allowed for a call to go through, keys of encryption included. */
export function wishesOf(call: AwsCall, account: Account): Wishes {
  const ask = ASK[call.service];
  if (!ask) throw new Unsupported(`IAM of ${call.service}`);
  return ask(call, account);
}

export function wish(
  action: string,
  resource: string,
  context: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): Wish {
  const present = Object.entries(context).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, typeof value === "string" ? [value] : value] as const],
  );
  return { action, resource, context: Object.fromEntries(present) };
}

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** What a service does with the key of a resource, in the name of the one who asks for it. */
function keyUse(
  account: Account,
  resource: string,
  service: string,
  uses: readonly ("Decrypt" | "GenerateDataKey")[],
): Wishes {
  const key = account.keyOf(resource);
  if (key === undefined) return [];
  const context = { "kms:ViaService": `${service}.${REGION}.amazonaws.com` };
  return uses.map((use) => wish(`kms:${use}`, key, context));
}

const READS = new Set(["GetItem", "Query", "Scan", "BatchGetItem", "DescribeTable"]);
const OF_TRANSACTION = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
} as const;

/** IAM has no action TransactWriteItems: each part needs what it would need alone. */
function ofDynamo(call: AwsCall, account: Account): Wishes {
  const { operation, params } = call;
  if (operation === "BatchWriteItem") {
    return Object.keys(params["RequestItems"] as JsonObject).flatMap((name) => {
      const table = arn("dynamodb", `table/${name}`);
      return [
        wish("dynamodb:BatchWriteItem", table),
        ...keyUse(account, table, "dynamodb", KEY_WRITE),
      ];
    });
  }
  const parts =
    operation === "TransactWriteItems"
      ? objects(params, "TransactItems").flatMap((item) =>
          Object.entries(OF_TRANSACTION).flatMap(([name, action]) =>
            item[name] ? [{ action, part: item[name] as JsonObject }] : [],
          ),
        )
      : [{ action: operation, part: params }];
  const tables = new Set<string>();
  const wishes = parts.map(({ action, part }) => {
    const table = arn("dynamodb", `table/${text(part, "TableName")}`);
    tables.add(table);
    const index = textOr(part, "IndexName");
    return wish(`dynamodb:${action}`, index === undefined ? table : `${table}/index/${index}`, {
      "dynamodb:LeadingKeys": leadingKey(part),
      "dynamodb:EnclosingOperation":
        operation === "TransactWriteItems" ? "TransactWriteItems" : undefined,
    });
  });
  const uses = READS.has(operation) ? (["Decrypt"] as const) : KEY_WRITE;
  return [...wishes, ...[...tables].flatMap((table) => keyUse(account, table, "dynamodb", uses))];
}

const KEY_WRITE = ["Decrypt", "GenerateDataKey"] as const;

function leadingKey(part: JsonObject): string | undefined {
  const key = (part["Key"] ?? part["Item"]) as Readonly<Record<string, { S?: string }>> | undefined;
  const values = part["ExpressionAttributeValues"] as typeof key;
  return key?.["pk"]?.S ?? values?.[":pk"]?.S;
}

function ofStreams({ operation, params }: AwsCall, account: Account): Wishes {
  if (operation === "ListStreams") return [wish("dynamodb:ListStreams", "*")];
  // DynamoDB Local knows one region, and puts the stream into the iterator as well.
  const stream = text(params, operation === "GetRecords" ? "ShardIterator" : "StreamArn");
  const table = /table\/[^/]+/.exec(stream)?.[0] ?? "";
  const label = /stream\/[^/|]+/.exec(stream)?.[0] ?? "";
  const uses =
    operation === "GetRecords"
      ? keyUse(account, arn("dynamodb", table), "dynamodb", ["Decrypt"])
      : [];
  return [wish(`dynamodb:${operation}`, arn("dynamodb", `${table}/${label}`)), ...uses];
}

function ofSqs({ operation, params }: AwsCall, account: Account): Wishes {
  const url = textOr(params, "QueueUrl") ?? textOr(params, "QueueName") ?? "*";
  const queue = arn("sqs", url.split("/").at(-1) ?? "");
  const tags = (params["tags"] ?? params["Tags"] ?? {}) as Readonly<Record<string, string>>;
  const tagged = Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [`aws:RequestTag/${name}`, value]),
  );
  const action = operation.replace(/Batch$/, "");
  const asked = [wish(`sqs:${action}`, queue, tagged)];
  if (operation === "CreateQueue" && Object.keys(tags).length > 0) {
    asked.push(wish("sqs:TagQueue", queue, tagged));
  }
  if (action === "SendMessage") asked.push(...keyUse(account, queue, "sqs", KEY_WRITE));
  if (action === "ReceiveMessage") asked.push(...keyUse(account, queue, "sqs", ["Decrypt"]));
  return asked;
}

function ofS3(call: AwsCall, account: Account): Wishes {
  const { operation, params } = call;
  const bucket = `arn:aws:s3:::${text(params, "Bucket")}`;
  if (operation === "ListObjectsV2") {
    return [wish("s3:ListBucket", bucket, { "s3:prefix": textOr(params, "prefix") ?? "" })];
  }
  if (operation === "DeleteObjects") {
    const keys = call.raw.body.toString("utf8").matchAll(/<Key>([^<]*)<\/Key>/g);
    return [...keys].map(([, key]) => wish("s3:DeleteObject", `${bucket}/${key}`));
  }
  const object = `${bucket}/${text(params, "Key")}`;
  const action = operation === "HeadObject" ? "GetObject" : operation;
  const uses =
    action === "GetObject"
      ? keyUse(account, bucket, "s3", ["Decrypt"])
      : keyUse(account, bucket, "s3", action === "PutObject" ? ["GenerateDataKey"] : []);
  return [wish(`s3:${action}`, object), ...uses];
}

function ofSecrets({ operation, params }: AwsCall, account: Account): Wishes {
  if (operation === "ListSecrets") return [wish("secretsmanager:ListSecrets", "*")];
  const secret = account.secretArn(
    text(params, operation === "CreateSecret" ? "Name" : "SecretId"),
  );
  const uses: Readonly<Record<string, readonly ("Decrypt" | "GenerateDataKey")[]>> = {
    GetSecretValue: ["Decrypt"],
    PutSecretValue: KEY_WRITE,
    CreateSecret: KEY_WRITE,
    UpdateSecret: KEY_WRITE,
  };
  return [
    wish(`secretsmanager:${operation}`, secret),
    ...keyUse(account, secret, "secretsmanager", uses[operation] ?? []),
  ];
}

function ofScheduler({ operation, params }: AwsCall): Wishes {
  const group = textOr(params, "GroupName") ?? textOr(params, "groupName") ?? "default";
  const schedule = arn("scheduler", `schedule/${group}/${text(params, "Name")}`);
  const asked = [wish(`scheduler:${operation}`, schedule)];
  const target = params["Target"] as JsonObject | undefined;
  if (target) {
    const context = { "iam:PassedToService": "scheduler.amazonaws.com" };
    asked.push(wish("iam:PassRole", text(target, "RoleArn"), context));
  }
  return asked;
}

function ofSes({ operation, params }: AwsCall): Wishes {
  if (operation !== "SendEmail") return [wish(`ses:${operation}`, "*")];
  const from = text(params, "FromEmailAddress");
  const address = /<([^>]+)>/.exec(from)?.[1] ?? from;
  const context = { "ses:FromAddress": address };
  const set = textOr(params, "ConfigurationSetName");
  // The verified identity is the address itself, or its domain.
  const alias = arn("ses", `identity/${address.split("@").at(-1)}`);
  return [
    { ...wish("ses:SendEmail", arn("ses", `identity/${address}`), context), alias },
    ...(set === undefined
      ? []
      : [wish("ses:SendEmail", arn("ses", `configuration-set/${set}`), context)]),
  ];
}

function ofLambda({ operation, params }: AwsCall, account: Account): Wishes {
  if (operation === "Invoke") {
    return [wish("lambda:InvokeFunction", account.functionArn(text(params, "FunctionName")))];
  }
  // What makes or lists has no resource: only `*` lets it through, and the function is a condition.
  if (operation === "ListEventSourceMappings") return [wish("lambda:ListEventSourceMappings", "*")];
  const uuid = textOr(params, "UUID");
  const name = textOr(params, "FunctionName");
  const fn = name === undefined ? account.mappedFunction(uuid ?? "") : account.functionArn(name);
  const resource = uuid === undefined ? "*" : arn("lambda", `event-source-mapping:${uuid}`);
  return [wish(`lambda:${operation}`, resource, { "lambda:FunctionArn": fn })];
}
