import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Kms } from "./services/kms.ts";
import type { S3 } from "./services/s3.ts";
import type { Scheduler } from "./services/scheduler.ts";
import { generatedSecret, type SecretStore } from "./services/secrets.ts";
import type { Sqs } from "./services/sqs.ts";
import type { Resolve } from "./template/resolve.ts";
import { ACCOUNT, ofType, REGION, type Resource, type Template } from "./template/template.ts";

export type Services = Readonly<{
  dynamoEndpoint: string;
  sqs: Sqs;
  s3: S3;
  kms: Kms;
  secrets: SecretStore;
  scheduler: Scheduler;
  queueUrl: (name: string) => string;
}>;

type Deployment = Readonly<{ template: Template; resolve: Resolve; services: Services }>;

/** Makes on the emulators what a template says, but for functions and what feeds them. */
export async function deployStores(deployment: Deployment): Promise<void> {
  const { template, resolve, services } = deployment;
  for (const queue of queuesInOrder(template)) deployQueue(deployment, queue);
  for (const bucket of ofType(template, "AWS::S3::Bucket")) {
    services.s3.make(resolve.nameOf(bucket));
  }
  for (const key of ofType(template, "AWS::KMS::Key")) {
    const { attributes } = resolve.deployedOf(key.id);
    services.kms.make(attributes["Arn"] ?? "", resolve.text(key.properties["KeySpec"]));
  }
  for (const secret of ofType(template, "AWS::SecretsManager::Secret")) {
    const { ref } = resolve.deployedOf(secret.id);
    const generate = secret.properties["GenerateSecretString"] as JsonObject | undefined;
    const value = generate && generatedSecret(resolve.resolve(generate) as JsonObject);
    const name = resolve.nameOf(secret);
    services.secrets.make({ arn: ref, name, ...(value !== undefined && { value }) });
  }
  for (const group of ofType(template, "AWS::Scheduler::ScheduleGroup")) {
    services.scheduler.makeGroup(resolve.nameOf(group));
  }
  for (const table of ofType(template, "AWS::DynamoDB::Table"))
    await deployTable(deployment, table);
}

/** A queue that names its dead letters needs them to be there. */
function queuesInOrder(template: Template): readonly Resource[] {
  const redrives = ({ properties }: Resource) => (properties["RedrivePolicy"] ? 1 : 0);
  return ofType(template, "AWS::SQS::Queue").toSorted((a, b) => redrives(a) - redrives(b));
}

function deployQueue({ resolve, services }: Deployment, queue: Resource): void {
  const name = resolve.nameOf(queue);
  const attributes = { QueueName: name, Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}` };
  resolve.deployed(queue, { ref: services.queueUrl(name), attributes });
  const { Tags: _, QueueName: __, ...given } = resolve.properties(queue);
  const made = Object.entries(given).map(([attribute, value]): readonly [string, string] => [
    attribute,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  services.sqs.create(name, Object.fromEntries(made));
}

async function deployTable({ resolve, services }: Deployment, table: Resource): Promise<void> {
  const properties = resolve.properties(table);
  const TableName = resolve.nameOf(table);
  const stream = properties["StreamSpecification"] as JsonObject | undefined;
  const made = await askDynamo(services.dynamoEndpoint, "DynamoDB_20120810.CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: properties["AttributeDefinitions"] ?? [],
    KeySchema: properties["KeySchema"] ?? [],
    ...(properties["GlobalSecondaryIndexes"] !== undefined && {
      GlobalSecondaryIndexes: properties["GlobalSecondaryIndexes"],
    }),
    ...(stream && { StreamSpecification: { StreamEnabled: true, ...stream } }),
  });
  const { LatestStreamArn } = made["TableDescription"] as { LatestStreamArn?: string };
  if (LatestStreamArn === undefined) return;
  const StreamArn = LatestStreamArn.replace(/ddblocal:\d+/, `${REGION}:${ACCOUNT}`);
  resolve.deployed(table, { attributes: { StreamArn } });
}

/** Asks DynamoDB Local itself, as CloudFormation would: nobody's rights are looked at. */
export async function askDynamo(
  endpoint: string,
  target: string,
  params: Json,
): Promise<JsonObject> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": target,
      authorization: `AWS4-HMAC-SHA256 Credential=suite/20260101/${REGION}/dynamodb/aws4_request`,
    },
    body: JSON.stringify(params).replaceAll(`${REGION}:${ACCOUNT}`, "ddblocal:000000000000"),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as JsonObject;
  throw new Error(`DynamoDB Local answered ${target} with ${response.status}: ${text}`);
}
