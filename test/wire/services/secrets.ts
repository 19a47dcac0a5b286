import { randomBytes } from "node:crypto";
import type { JsonObject } from "../../../core/kernel/json.ts";
import {
  type AwsCall,
  AwsError,
  type Emulator,
  ok,
  onlyKnown,
  text,
  textOr,
  Unsupported,
} from "../aws/call.ts";
import { ACCOUNT, REGION } from "../template/template.ts";

type Secret = { readonly arn: string; readonly name: string; value?: string; isDeleted: boolean };

const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

export type SecretStore = Readonly<{
  emulator: Emulator;
  make(secret: { arn: string; name: string; value?: string }): void;
  /** The ARN of a secret that is there, or the one that it would get. */
  arnOf(id: string): string;
  read(id: string): string | undefined;
  names(): readonly string[];
}>;

/** Secrets Manager: one value for each secret, and a name that stays taken after a deletion. */
export function secretStore(): SecretStore {
  const secrets = new Map<string, Secret>();

  const find = (id: string) =>
    [...secrets.values()].find(({ arn, name }) => arn === id || name === id);

  function arnOf(id: string): string {
    if (id.startsWith("arn:")) return id;
    return find(id)?.arn ?? `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}-GhIjKl`;
  }

  function living(call: AwsCall): Secret {
    const secret = find(text(call.params, "SecretId"));
    if (!secret) throw new AwsError(400, "ResourceNotFoundException", "there is no such secret");
    if (!secret.isDeleted) return secret;
    throw new AwsError(400, "InvalidRequestException", "the secret is marked for deletion");
  }

  const shown = ({ arn, name }: Secret): JsonObject => ({ ARN: arn, Name: name, VersionId: "1" });

  const operations: Readonly<Record<string, (call: AwsCall) => JsonObject>> = {
    CreateSecret(call) {
      onlyKnown(call, [
        "Name",
        "SecretString",
        "ClientRequestToken",
        "KmsKeyId",
        "Description",
        "Tags",
      ]);
      const name = text(call.params, "Name");
      if (!NAME.test(name))
        throw new AwsError(400, "InvalidParameterException", `the name ${name}`);
      if (find(name)?.isDeleted) {
        throw new AwsError(
          400,
          "InvalidRequestException",
          "a secret of this name is being deleted",
        );
      }
      if (find(name)) throw new AwsError(400, "ResourceExistsException", "the secret is there");
      const secret = { arn: arnOf(name), name, value: text(call.params, "SecretString") };
      secrets.set(secret.arn, { ...secret, isDeleted: false });
      return { ARN: secret.arn, Name: name, VersionId: "1" };
    },
    GetSecretValue(call) {
      onlyKnown(call, ["SecretId"]);
      const secret = living(call);
      if (secret.value === undefined) {
        throw new AwsError(400, "ResourceNotFoundException", "the secret has no value yet");
      }
      return { ...shown(secret), SecretString: secret.value };
    },
    PutSecretValue(call) {
      onlyKnown(call, ["SecretId", "SecretString", "ClientRequestToken"]);
      const secret = living(call);
      secret.value = text(call.params, "SecretString");
      return shown(secret);
    },
    DeleteSecret(call) {
      onlyKnown(call, ["SecretId", "ForceDeleteWithoutRecovery", "RecoveryWindowInDays"]);
      const secret = living(call);
      if (call.params["ForceDeleteWithoutRecovery"] === true) secrets.delete(secret.arn);
      else secret.isDeleted = true;
      return { ARN: secret.arn, Name: secret.name };
    },
    RestoreSecret(call) {
      onlyKnown(call, ["SecretId"]);
      const secret = find(text(call.params, "SecretId"));
      if (!secret) throw new AwsError(400, "ResourceNotFoundException", "there is no such secret");
      secret.isDeleted = false;
      return { ARN: secret.arn, Name: secret.name };
    },
    DescribeSecret(call) {
      onlyKnown(call, ["SecretId"]);
      return shown(living(call));
    },
    ListSecrets(call) {
      onlyKnown(call, ["Filters", "MaxResults", "NextToken", "SortOrder"]);
      if (textOr(call.params, "NextToken")) throw new Unsupported("ListSecrets beyond one page");
      const filters = (call.params["Filters"] ?? []) as readonly {
        Key: string;
        Values: string[];
      }[];
      if (filters.some(({ Key }) => Key !== "name")) throw new Unsupported("a filter but by name");
      const prefixes = filters.flatMap(({ Values }) => Values);
      const found = [...secrets.values()].filter(
        ({ name, isDeleted }) =>
          !isDeleted &&
          (prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix))),
      );
      return { SecretList: found.map(shown) };
    },
  };

  return {
    emulator(call) {
      const operation = operations[call.operation];
      if (!operation) throw new Unsupported(`secretsmanager:${call.operation}`);
      return ok(operation(call));
    },
    make: (secret) => void secrets.set(secret.arn, { ...secret, isDeleted: false }),
    arnOf,
    read: (id) => find(id)?.value,
    names: () => [...secrets.values()].map(({ name }) => name),
  };
}

/** What `GenerateSecretString` puts into a secret when a stack is deployed. */
export function generatedSecret(settings: JsonObject): string {
  const password = randomBytes(24)
    .toString("hex")
    .slice(0, Number(settings["PasswordLength"] ?? 32));
  const key = settings["GenerateStringKey"];
  if (typeof key !== "string") return password;
  const template = JSON.parse((settings["SecretStringTemplate"] as string) ?? "{}") as JsonObject;
  return JSON.stringify({ ...template, [key]: password });
}
