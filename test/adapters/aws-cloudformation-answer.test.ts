import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answeringCloudFormation } from "../../adapters/aws/cloudformation-answer.ts";

let server: Server;
let url = "";
let status = 200;
let answers: { method: string | undefined; type: string | undefined; body: unknown }[] = [];

beforeEach(async () => {
  status = 200;
  answers = [];
  server = createServer((request, response) => {
    void taken(request).then(() => response.writeHead(status).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=x`;
});
afterEach(() => server.close());

async function taken(request: IncomingMessage): Promise<void> {
  const body = JSON.parse(await text(request)) as unknown;
  answers.push({ method: request.method, type: request.headers["content-type"], body });
}

const asked = () =>
  ({
    RequestType: "Create",
    ResponseURL: url,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Key",
  }) as const;
const named = { StackId: "stack", RequestId: "request", LogicalResourceId: "Key" };

describe("a custom resource", () => {
  test("tells CloudFormation when it is done, by a request without a type", async () => {
    await answeringCloudFormation(asked(), "key", () => Promise.resolve());

    const body = { ...named, Status: "SUCCESS", PhysicalResourceId: "key" };
    expect(answers).toEqual([{ method: "PUT", type: undefined, body }]);
  });

  test("tells it what failed, without what the message says, and fails", async () => {
    const act = () => Promise.reject(new Error("the key is hf_secret"));

    await expect(answeringCloudFormation(asked(), "key", act)).rejects.toThrow("hf_secret");

    const Reason = "Error: see the function's log";
    const body = { ...named, Status: "FAILED", Reason, PhysicalResourceId: "key" };
    expect(answers.map((answer) => answer.body)).toEqual([body]);
  });

  test("keeps the id that it was given before", async () => {
    const request = { ...asked(), RequestType: "Update", PhysicalResourceId: "old" } as const;

    expect(await answeringCloudFormation(request, "key", () => Promise.resolve())).toEqual({
      PhysicalResourceId: "old",
    });
  });

  test("answers its caller alone when nobody else waits", async () => {
    await answeringCloudFormation({ RequestType: "Create" }, "key", () => Promise.resolve());

    expect(answers).toEqual([]);
  });

  test("fails when its answer is not taken, so that it is called again", async () => {
    status = 403;

    const answer = answeringCloudFormation(asked(), "key", () => Promise.resolve());
    await expect(answer).rejects.toThrow("took no answer (403)");
  });
});
