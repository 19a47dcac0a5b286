import type { AwsCall } from "./aws/call.ts";
import { type Account, arn } from "./iam/wishes.ts";
import type { Kms } from "./services/kms.ts";
import type { LambdaControl } from "./services/lambda-control.ts";
import type { SecretStore } from "./services/secrets.ts";
import type { Sqs } from "./services/sqs.ts";

/** What IAM has to know of the account, from those who know it. */
export function accountOf(options: {
  encrypted: ReadonlyMap<string, string>;
  queues: Sqs;
  keys: Kms;
  secrets: SecretStore;
  control: LambdaControl;
  socketApi: Readonly<{ id: string; stage: string }>;
}): Account {
  const { encrypted, queues, keys, secrets, control } = options;
  return {
    keyOf(resource) {
      const fixed = encrypted.get(resource);
      if (fixed !== undefined) return fixed;
      const name = resource.split(":").at(-1) ?? "";
      if (!resource.startsWith("arn:aws:sqs:") || !queues.has(name)) return undefined;
      const key = queues.attributesOf(name)["KmsMasterKeyId"];
      return typeof key === "string" ? keys.arnOf(key) : undefined;
    },
    kmsKeyArn: keys.arnOf,
    secretArn: secrets.arnOf,
    mappedFunction: (uuid) =>
      control.mappings().find((one) => one.uuid === uuid)?.settings.functionArn,
    functionArn: (name) => named(name, "lambda", "function:"),
    busArn: (name) => named(name, "events", "event-bus/"),
    socketApi: () => options.socketApi,
  };
}

function named(name: string, service: string, before: string): string {
  return name.startsWith("arn:") ? name : arn(service, `${before}${name}`);
}

type Write = { Put?: { Item?: Readonly<Record<string, { S?: string }>> } };

/** Which environment of which function last wrote to each run: that is who drives it. */
export function writersBook() {
  const writers = new Map<string, string>();
  return {
    note({ operation, params, raw }: AwsCall): void {
      const environment = raw.headers["x-amz-security-token"];
      const items = (params["TransactItems"] ?? [{ Put: params }]) as readonly Write[];
      if (operation === "BatchWriteItem" || typeof environment !== "string") return;
      for (const { Put } of items) {
        const run = /#run#(.+)$/.exec(Put?.Item?.["pk"]?.S ?? "")?.[1];
        if (run !== undefined) writers.set(run, environment);
      }
    },
    of: (run: string) => writers.get(run),
  };
}
