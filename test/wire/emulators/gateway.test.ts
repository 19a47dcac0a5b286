import {
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  ChangeMessageVisibilityBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seeded } from "../../support/seeded.ts";
import { faults } from "../aws/faults.ts";
import { type Gateway, gateway } from "../aws/gateway.ts";
import { authority } from "../iam/authority.ts";
import { statementOf } from "../iam/statement.ts";
import { kms } from "../services/kms.ts";
import { s3 } from "../services/s3.ts";
import { scheduler, type Target } from "../services/scheduler.ts";
import { secretStore } from "../services/secrets.ts";
import { sqs } from "../services/sqs.ts";
import { worldClock } from "../world-clock.ts";

const QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q.fifo";
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/links";
const SIGNS = "arn:aws:kms:eu-central-1:123456789012:key/ledger";

const HUNG_UP = /socket hang up|ECONNRESET/;

const clock = worldClock();
const bad = faults(seeded(1));
const books = authority();
const fired: Target[] = [];
const killed: string[] = [];
let door: Gateway;

function settings(caller = "Step") {
  const credentials = { accessKeyId: caller, secretAccessKey: "x", sessionToken: "environment-1" };
  return { endpoint: door.url, region: "eu-central-1", credentials, maxAttempts: 1 };
}

beforeAll(async () => {
  const queues = sqs({
    clock,
    urlOf: (name) => `${door.url}/1/${name}`,
    arnOf: () => QUEUE,
    anyOf: () => 0,
  });
  queues.create("q.fifo", { FifoQueue: "true" });
  const keys = kms();
  keys.make(KEY, "HMAC_256");
  keys.make(SIGNS, "ECC_NIST_EDWARDS25519");
  const buckets = s3({ now: clock.now, mayList: (caller) => caller === "Lister" });
  buckets.make("values");
  const secrets = secretStore();
  const schedules = scheduler({
    clock,
    fire: (target) => fired.push(target),
    firing: () => ({ lateMs: 0, times: 1 }),
    isAssumable: (role) => role === "role",
  });
  const all = statementOf({ Effect: "Allow", Action: "*", Resource: "*" });
  books.add("Step", { name: "step", role: "step", statements: [all] });
  books.add("Lister", { name: "lister", role: "lister", statements: [all] });
  const only = statementOf({ Effect: "Allow", Action: "sqs:ReceiveMessage", Resource: QUEUE });
  books.add("Reader", { name: "reader", role: "reader", statements: [only] });
  door = await gateway({
    authority: books,
    faults: bad,
    kill: (environment) => killed.push(environment),
    written: () => undefined,
    account: () => ({
      keyOf: () => undefined,
      kmsKeyArn: keys.arnOf,
      secretArn: secrets.arnOf,
      mappedFunction: () => undefined,
      functionArn: (name) => name,
      busArn: (name) => name,
      socketApi: () => ({ id: "api", stage: "v1" }),
    }),
    emulators: () => ({
      sqs: queues.emulator,
      kms: keys.emulator,
      s3: buckets.emulator,
      secretsmanager: secrets.emulator,
      scheduler: schedules.emulator,
    }),
  });
});

afterAll(() => {
  door.close();
  clock.close();
});

const send = (client: SQSClient, id: string) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: `${door.url}/1/q.fifo`,
      MessageBody: id,
      MessageGroupId: id,
      MessageDeduplicationId: id,
    }),
  );
const receive = (client: SQSClient) =>
  client.send(
    new ReceiveMessageCommand({ QueueUrl: `${door.url}/1/q.fifo`, MaxNumberOfMessages: 10 }),
  );

describe("the gateway", () => {
  test("refuses what the caller's own role does not grant, and keeps it on record", async () => {
    await expect(send(new SQSClient(settings("Reader")), "1")).rejects.toMatchObject({
      name: "AccessDeniedException",
    });

    expect(books.denials.at(-1)).toMatchObject({
      who: "reader",
      wish: { action: "sqs:SendMessage" },
    });
  });

  test("does a call whose answer it loses", async () => {
    const client = new SQSClient(settings());
    const struck = bad.next("lose", ({ operation }) => operation === "SendMessage");
    await expect(send(client, "lost")).rejects.toThrow(HUNG_UP);
    await struck;

    const { Messages = [] } = await receive(client);
    expect(Messages.map(({ Body }) => Body)).toContain("lost");
  });

  test("does not do a call that it throttles, and the SDK knows it for one", async () => {
    const client = new SQSClient({ ...settings(), maxAttempts: 2 });
    const struck = bad.next("throttle", ({ operation }) => operation === "SendMessage");

    const { $metadata } = await send(client, "throttled");

    await struck;
    expect($metadata.attempts).toBe(2);
  });

  test("kills the environment that a call came from, before it is done or after", async () => {
    const client = new SQSClient(settings());
    void bad.next("kill-before", ({ operation }) => operation === "SendMessage");
    await expect(send(client, "never")).rejects.toThrow(HUNG_UP);
    void bad.next("kill-after", ({ operation }) => operation === "SendMessage");
    await expect(send(client, "once")).rejects.toThrow(HUNG_UP);

    const { Messages = [] } = await receive(client);
    const bodies = Messages.map(({ Body }) => Body);
    expect(killed).toEqual(["environment-1", "environment-1"]);
    expect(bodies).toContain("once");
    expect(bodies).not.toContain("never");
  });

  test("complains of an operation that nobody has thought about", async () => {
    const client = new KMSClient(settings());
    await expect(
      client.send(
        new GenerateMacCommand({
          KeyId: KEY,
          Message: Buffer.from("x"),
          MacAlgorithm: "HMAC_SHA_256",
          GrantTokens: ["x"],
        }),
      ),
    ).rejects.toThrow("GrantTokens");

    expect(door.complaints.at(-1)).toContain("kms:GenerateMac with GrantTokens");
  });
});

describe("the emulators, as the SDK sees them", () => {
  test("SQS says of each message in a batch whether it is still ours", async () => {
    const client = new SQSClient(settings());
    await send(client, "mine");
    await receive(client);
    const { Failed = [] } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: `${door.url}/1/q.fifo`,
        Entries: [{ Id: "0", ReceiptHandle: crypto.randomUUID(), VisibilityTimeout: 60 }],
      }),
    );

    expect(Failed).toMatchObject([{ Code: "InvalidParameterValue", SenderFault: true }]);
  });

  test("S3 keeps a condition, and tells only who may list that an object is missing", async () => {
    const put = (client: S3Client) =>
      client.send(
        new PutObjectCommand({ Bucket: "values", Key: "a/b c", Body: "1", IfNoneMatch: "*" }),
      );
    const get = (client: S3Client, Key: string) =>
      client.send(new GetObjectCommand({ Bucket: "values", Key }));
    const style = { forcePathStyle: true };
    const client = new S3Client({ ...settings(), ...style });
    await put(client);

    await expect(put(client)).rejects.toMatchObject({ name: "PreconditionFailed" });
    expect(await (await get(client, "a/b c")).Body?.transformToString()).toBe("1");
    await expect(get(client, "none")).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(
      get(new S3Client({ ...settings("Lister"), ...style }), "none"),
    ).rejects.toMatchObject({
      name: "NoSuchKey",
    });
  });

  test("KMS knows its own macs, and gives a public key that others can use", async () => {
    const client = new KMSClient(settings());
    const link = {
      KeyId: KEY,
      Message: Buffer.from("a link"),
      MacAlgorithm: "HMAC_SHA_256",
    } as const;
    const { Mac } = await client.send(new GenerateMacCommand(link));
    const { MacValid } = await client.send(new VerifyMacCommand({ ...link, Mac }));
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: SIGNS }));

    expect(MacValid).toBe(true);
    expect(PublicKey?.byteLength).toBe(44);
    await expect(
      client.send(new VerifyMacCommand({ ...link, Message: Buffer.from("another"), Mac })),
    ).rejects.toMatchObject({ name: "KMSInvalidMacException" });
  });

  test("Secrets Manager gives what was put in, and refuses to make it twice", async () => {
    const client = new SecretsManagerClient(settings());
    const make = () =>
      client.send(new CreateSecretCommand({ Name: "p/t/one", SecretString: "value" }));
    await make();

    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: "p/t/one" }));
    expect(SecretString).toBe("value");
    await expect(make()).rejects.toMatchObject({ name: "ResourceExistsException" });
  });

  test("Scheduler fires a schedule at its time, once, and forgets it", async () => {
    const client = new SchedulerClient(settings());
    const at = new Date(Math.ceil(clock.now() / 1_000) * 1_000 + 3_600_000);
    const make = (ClientToken: string) =>
      client.send(
        new CreateScheduleCommand({
          Name: "one",
          ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: { Arn: "queue", RoleArn: "role", Input: "{}" },
          ActionAfterCompletion: "DELETE",
          ClientToken,
        }),
      );
    await make("token");
    await make("token");
    await expect(make("other")).rejects.toMatchObject({ name: "ConflictException" });

    clock.jump(3_601_000);

    expect(fired).toMatchObject([{ arn: "queue", role: "role", input: "{}" }]);
    expect((await make("other")).$metadata.httpStatusCode).toBe(200);
  });
});
