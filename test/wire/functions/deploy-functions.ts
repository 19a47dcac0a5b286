import { join } from "node:path";
import type { Authority } from "../iam/authority.ts";
import { policiesOf, roleIdOf } from "../iam/policies.ts";
import { arn, wish } from "../iam/wishes.ts";
import type { Resolve } from "../template/resolve.ts";
import { ofType, REGION, type Resource, type Template } from "../template/template.ts";
import type { WorldClock } from "../world-clock.ts";
import { type Pool, pool } from "./pool.ts";

/** Two of each are two that race; a machine of two cores gains nothing by more than three. */
const ENVIRONMENTS_MAX = 3;

/** All functions of a template, each with its role in the books of the authority. */
export function deployFunctions(options: {
  template: Template;
  resolve: Resolve;
  clock: WorldClock;
  authority: Authority;
  bundles: string;
  endpoint: string;
  /** Names in a function's environment that lead to the emulators instead of to AWS. */
  reachable: (text: string) => string;
  /** What this suite configures on top, for each function: the template has none of it. */
  configured: Readonly<Record<string, string>>;
  environmentsMax: Readonly<Record<string, number>>;
}): ReadonlyMap<string, Pool> {
  const { template, resolve, authority } = options;
  const policies = policiesOf(template, resolve);
  const pools = new Map<string, Pool>();
  for (const resource of ofType(template, "AWS::Lambda::Function")) {
    const name = nameIn(resource);
    const role = roleIdOf(resource);
    const statements = policies.get(role) ?? [];
    authority.add(resource.id, { name, role: name, statements });
    pools.set(name, deployOne(resource, name, options));
  }
  for (const role of ofType(template, "AWS::IAM::Role")) {
    const { attributes } = resolve.deployedOf(role.id);
    const statements = policies.get(role.id) ?? [];
    const isFunctions = ofType(template, "AWS::Lambda::Function").some(
      (resource) => roleIdOf(resource) === role.id,
    );
    if (!isFunctions) {
      authority.add(attributes["Arn"] ?? "", { name: role.path, role: role.path, statements });
    }
  }
  return pools;
}

/** The file in `lambdas/`, by the construct that the function is: `…/DeadLetter/Resource`. */
function nameIn({ path }: Resource): string {
  const construct = path.split("/").at(-2) ?? path;
  return construct.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

function deployOne(
  resource: Resource,
  name: string,
  options: Parameters<typeof deployFunctions>[0],
): Pool {
  const { resolve, clock, bundles, endpoint, reachable, configured } = options;
  const properties = resolve.properties(resource);
  const { Variables = {} } = (properties["Environment"] ?? {}) as {
    Variables?: Readonly<Record<string, string>>;
  };
  const told = Object.entries(Variables).map(([key, value]) => [key, reachable(value)] as const);
  const physical = resolve.nameOf(resource);
  const arnOfFunction = resolve.deployedOf(resource.id).attributes["Arn"] ?? "";
  const reserved = properties["ReservedConcurrentExecutions"];
  const most = options.environmentsMax[name] ?? ENVIRONMENTS_MAX;
  const settings = {
    name,
    id: resource.id,
    arn: arnOfFunction,
    bundle: join(bundles, name, "index.mjs"),
    timeoutMs: Number(properties["Timeout"] ?? 3) * 1_000,
    environmentsMax: typeof reserved === "number" ? Math.min(reserved, most) : most,
    env: {
      ...Object.fromEntries(told),
      ...configured,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: resource.id,
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL: endpoint,
      AWS_LAMBDA_FUNCTION_NAME: physical,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(Number(properties["MemorySize"] ?? 128)),
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      HOLDFAST_WIRE_FUNCTION_ARN: arnOfFunction,
      TZ: ":UTC",
    },
  };
  return pool(settings, clock, () => runtimeRights(resource, options));
}

/** What Lambda itself does by the function's role when an environment begins. */
function runtimeRights(
  { id, properties }: Resource,
  { resolve, authority }: Parameters<typeof deployFunctions>[0],
): void {
  const { LogGroup } = (resolve.resolve(properties["LoggingConfig"] ?? null) ?? {}) as {
    LogGroup?: string;
  };
  if (LogGroup !== undefined) {
    const stream = arn("logs", `log-group:${LogGroup}:log-stream:2026/01/01/[$LATEST]1`);
    for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"]) {
      authority.check(id, wish(action, stream));
    }
  }
  const { Mode } = (properties["TracingConfig"] ?? {}) as { Mode?: string };
  if (Mode !== "Active") return;
  for (const action of ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]) {
    authority.check(id, wish(action, "*"));
  }
}
