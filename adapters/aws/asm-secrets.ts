import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { Fault } from "../../core/ports/fault.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { TenantData } from "../../core/ports/tenant-data.ts";
import { answered, asked } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

type Source = Readonly<{
  client: SecretsManagerClient;
  /** What all names begin with, so that a deployment sees only its own: see `lambdas/env.ts`. */
  prefix: string;
}>;

const NAME = /^[A-Za-z0-9_.-]{1,128}$/;
const VALUE_LENGTH_MAX = 64 * 1024;
const NOT_FOUND = "ResourceNotFoundException";
/** A value is read once for all calls of this long, and not once for each. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_MAX = 1_000;
const NAMES_MAX = 10_000;

export function secretsClient(placement: Placement = {}): SecretsManagerClient {
  return new SecretsManagerClient({ ...CLIENT_SETTINGS, ...placement });
}

/** Secrets of tenants in Secrets Manager. A new value shows to other functions within 30 s. */
export function asmSecrets(source: Source): Secrets {
  const { client, prefix } = source;
  const known = new Map<string, { value: string; at: number }>();
  const nameOf = (tenant: string, name: string) => `${prefix}${tenant}/${name}`;

  return {
    async put(tenant, name, value) {
      checkValue(name, value);
      const id = nameOf(tenant, name);
      known.delete(id);
      // A repeat finds it there, whichever of the two made it; so one of them is right in the end.
      const create = new CreateSecretCommand({ Name: id, SecretString: value });
      const made = await asked("keep a secret", () => client.send(create), [EXISTS]);
      if (made) return;
      const put = new PutSecretValueCommand({ SecretId: id, SecretString: value });
      await answered("keep a secret", () => client.send(put));
    },

    async get(tenant, name) {
      if (!NAME.test(name)) return undefined;
      const id = nameOf(tenant, name);
      const hit = known.get(id);
      if (hit && performance.now() - hit.at < REMEMBERED_MS) return hit.value;
      const get = new GetSecretValueCommand({ SecretId: id });
      const found = await asked("read a secret", () => client.send(get), GONE);
      known.delete(id);
      if (found?.SecretString === undefined) return undefined;
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(id, { value: found.SecretString, at: performance.now() });
      return found.SecretString;
    },

    names: (tenant) => allNames(source, tenant),

    async remove(tenant, name) {
      if (!NAME.test(name)) return false;
      const id = nameOf(tenant, name);
      known.delete(id);
      return removeNow(client, id);
    },
  };
}

/** All secrets of a tenant. */
export function asmTenantData(source: Source): TenantData {
  return {
    async removeSome(tenant) {
      const names = await allNames(source, tenant);
      for (const name of names) await removeNow(source.client, `${source.prefix}${tenant}/${name}`);
      return { count: names.length };
    },
  };
}

const EXISTS = "ResourceExistsException";
/** A secret that waits for its deletion answers that the request is invalid. */
const GONE = [NOT_FOUND, "InvalidRequestException"];

async function removeNow(client: SecretsManagerClient, id: string): Promise<boolean> {
  const remove = new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true });
  const removed = await asked("remove a secret", () => client.send(remove), GONE);
  return removed !== undefined;
}

/** The filter finds names that hold the words, so what does not begin with them is left out. */
async function allNames({ client, prefix }: Source, tenant: string): Promise<readonly string[]> {
  const begin = `${prefix}${tenant}/`;
  const names: string[] = [];
  let token: string | undefined;
  do {
    const list = new ListSecretsCommand({
      Filters: [{ Key: "name", Values: [begin] }],
      MaxResults: 100,
      ...(token !== undefined && { NextToken: token }),
    });
    const page = await answered("list secrets", () => client.send(list));
    for (const { Name = "" } of page.SecretList ?? []) {
      if (Name.startsWith(begin)) names.push(Name.slice(begin.length));
    }
    token = page.NextToken;
  } while (token !== undefined && names.length < NAMES_MAX);
  return names.toSorted();
}

function checkValue(name: string, value: string): void {
  if (!NAME.test(name)) {
    throw refused("The name of a secret is 1 to 128 letters, digits, dots, dashes, underscores.");
  }
  if (value.length === 0) throw refused(`The value of secret ${name} is empty.`);
  if (value.length <= VALUE_LENGTH_MAX && Buffer.byteLength(value) <= VALUE_LENGTH_MAX) return;
  throw refused(`The value of secret ${name} has more than 65,536 bytes.`);
}

function refused(message: string): Fault {
  return new Fault(message, { retryable: false });
}
