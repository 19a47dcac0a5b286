import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type JsonClient, jsonClient, succeeded } from "../../scripts/support/client.ts";
import type { Tenant } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";
import { makeCustomResources } from "./custom-resources.ts";
import { ofType, readTemplate, type Template } from "./template/template.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

export type House = Awaited<ReturnType<typeof openHouse>>;

export type HouseOptions = Partial<Omit<WorldOptions, "template" | "dynamoEndpoint">> &
  Readonly<{
    /** Spoils the template on purpose. What this house uses then counts for nothing. */
    spoil?: (template: Template) => Template;
  }>;

/** What `npm run test:wire` has prepared, by the variables that it sets. */
function prepared(name: string): string {
  const value = process.env[`HOLDFAST_WIRE_${name}`];
  if (value === undefined) throw new Error("run this by `npm run test:wire`");
  return value;
}

/**
 * The deployed product with a tool server outside, a platform key from its secret, and clients of
 * the API: what a customer has after `cdk deploy`.
 */
export async function openHouse(options: HouseOptions = {}) {
  const { spoil, ...more } = options;
  const template = readTemplate(prepared("TEMPLATE"));
  const world = await openWorld({
    bundles: prepared("BUNDLES"),
    verified: ["example.com"],
    // Tools of these tests are on this machine, which no deployment would ever call.
    configured: { HOLDFAST_ALLOW_LOOPBACK: "yes" },
    ...more,
    template: spoil ? spoil(template) : template,
    dynamoEndpoint: prepared("DYNAMO"),
  });
  const tools = await toolServer();
  const clients: JsonClient[] = [];

  function as(key: string | undefined): JsonClient {
    const baseUrl = world.doors.http;
    const client = jsonClient({ baseUrl, connectionsMax: 256, ...(key !== undefined && { key }) });
    clients.push(client);
    return client;
  }

  async function close(): Promise<void> {
    for (const client of clients) client.close();
    tools.close();
    await world.close();
    if (!spoil && options.bundles === undefined) report(world);
  }

  try {
    await makeCustomResources(world);
  } catch (error) {
    await close();
    throw error;
  }
  const platform = as(platformKeyOf(world));
  return {
    world,
    tools,
    as,
    platform,
    close,
    /** A tenant with a lane of its own, unless it is told to share one. */
    async tenant(body: JsonObject = {}): Promise<Tenant> {
      const { id } = succeeded(await platform.post("/v1/tenants", { name: "wire", ...body }));
      const path = `/v1/tenants/${id as string}/keys`;
      const made = await platform.post(path, { name: "admin", role: "admin" });
      const { key } = succeeded(made) as unknown as { key: string };
      return { id: id as string, key, api: as(key) };
    },
    /** The keys of all objects in all buckets. */
    objects: () =>
      ofType(template, "AWS::S3::Bucket").flatMap((bucket) =>
        world.buckets.keys(world.resolve.nameOf(bucket)),
      ),
  } satisfies { tools: ToolServer } & Record<string, unknown>;
}

function platformKeyOf({ template, resolve, secrets }: World): string {
  const output = template.outputs["PlatformKeySecret"] ?? outputLike(template, "PlatformKeySecret");
  const value = secrets.read(resolve.text(output));
  if (value === undefined) throw new Error("the platform key has no value");
  return value;
}

/** Outputs of a construct carry its path before their name, and a hash behind. */
function outputLike({ outputs }: Template, name: string) {
  const found = Object.keys(outputs).find((one) => one.includes(name));
  if (found === undefined) throw new Error(`the template has no output ${name}`);
  return outputs[found] ?? null;
}

let reports = 0;

/** What was checked and used, for the sum that `npm run test:wire` prints over all files. */
function report({ authority, faults }: World): void {
  const folder = prepared("REPORT");
  mkdirSync(folder, { recursive: true });
  const said = {
    checks: authority.checks(),
    used: authority.grants("used"),
    unused: authority.grants("unused"),
    faults: faults.counts,
  };
  writeFileSync(join(folder, `${process.pid}-${reports++}.json`), JSON.stringify(said));
}
