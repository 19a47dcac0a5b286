import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Pool } from "./functions/pool.ts";
import type { Resolve } from "./template/resolve.ts";
import { ACCOUNT, REGION, type Resource, type Template } from "./template/template.ts";

type Told = Readonly<{ Status?: string; Reason?: string; PhysicalResourceId?: string }>;

/**
 * Makes the custom resources of a template, as CloudFormation does when a stack is first deployed:
 * it calls the function, and hears of the outcome only at an address that it names. What the
 * function returns is lost: one that tells nobody leaves the deployment to its timeout.
 */
export async function makeCustomResources(options: {
  template: Template;
  resolve: Resolve;
  poolOf: (arnOrId: string) => Pool;
}): Promise<void> {
  const { template, resolve, poolOf } = options;
  for (const resource of template.resources.filter(({ type }) => type.startsWith("Custom::"))) {
    const mailbox = await answerBox();
    const { ServiceToken, ...properties } = resolve.properties(resource);
    const event = { ...eventOf(resource, properties), ResponseURL: mailbox.url };
    const outcome = await poolOf(ServiceToken as string).invoke(event);
    const told = mailbox.close();
    const tokens = { type: resource.type, status: told?.Status, id: told?.PhysicalResourceId };
    if (outcome.type === "failed" || told?.Status !== "SUCCESS" || !told.PhysicalResourceId) {
      throw new Error(`${JSON.stringify(tokens)} ${told?.Reason}: ${JSON.stringify(outcome)}`);
    }
  }
}

function eventOf({ id, type }: Resource, properties: JsonObject): JsonObject {
  return {
    RequestType: "Create",
    RequestId: crypto.randomUUID(),
    StackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/wire/1`,
    LogicalResourceId: id,
    ResourceType: type,
    ResourceProperties: properties,
  };
}

/** The address that CloudFormation signs for one answer. */
async function answerBox(): Promise<{ url: string; close: () => Told | undefined }> {
  let told: Told | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "PUT") told = JSON.parse(Buffer.concat(chunks).toString()) as Told;
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signed=yes`,
    close(): Told | undefined {
      server.closeAllConnections();
      server.close();
      return told;
    },
  };
}
