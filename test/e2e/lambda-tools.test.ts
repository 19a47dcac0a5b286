import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { ROOT } from "../architecture/source.ts";
import { begin, ended, expectRefused, publish, start, stepOf } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const arnOf = (name: string) => `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
const folder = mkdtempSync(join(tmpdir(), "holdfast-lambda-"));
const PAYMENTS = join(folder, "payments");

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    PAYMENTS_FILE: PAYMENTS,
    HOLDFAST_TOOLS: JSON.stringify({
      allowedTargets: {
        "*": { lambdaArns: [arnOf("pay"), arnOf("odd"), arnOf("far")] },
        ten_other: { lambdaArns: [arnOf("theirs")] },
      },
      localFunctions: {
        [arnOf("pay")]: join(ROOT, "examples/pay-function.ts"),
        [arnOf("odd")]: join(ROOT, "test/support/odd-function.ts"),
      },
    }),
  });
  for (const name of ["pay", "odd", "far"]) {
    const config = { functionArn: arnOf(name) };
    succeeded(await server.api.put(`/v1/tools/${name}`, { kind: "lambda", config }));
    const node = { id: "call", type: "tool", tool: name, with: "{% $input %}", timeout: "PT5S" };
    await publish(server.api, { name, nodes: [{ ...node, retry: { maxAttempts: 1 } }] });
  }
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a function of the laptop", () => {
  test("is called with the step's input and key, and its answer is the output", async () => {
    const run = await start(server.api, "pay", { order: "A-17", amount: 12 });

    const key = stepOf(run, "call").idempotencyKey;
    expect(run).toMatchObject({
      status: "succeeded",
      output: { order: "A-17", paid: 12, key },
    });
    expect(readFileSync(PAYMENTS, "utf8")).toBe(`A-17 ${key}\n`);
  });

  test("that throws fails its step, by the name of the error where it is a code", async () => {
    const bad = await start(server.api, "pay", { order: "A-18", amount: 0 });
    const odd = await start(server.api, "odd", "throw");

    expect(bad.error).toMatchObject({ code: "BAD_AMOUNT" });
    expect(odd.error).toMatchObject({ code: "FUNCTION_ERROR" });
    expect(odd.error?.message).toContain("TypeError: odd");
  });

  test.each([
    ["exit", "FUNCTION_ERROR"],
    ["large", "RESPONSE_TOO_LARGE"],
  ])("that does not come to its end (%s) fails as %s", async (input, code) => {
    expect((await start(server.api, "odd", input)).error).toMatchObject({ code });
  });

  test("that returns nothing answers null, and sees nothing of the server's settings", async () => {
    expect(await start(server.api, "odd", "nothing")).toMatchObject({ output: null });
    expect(await start(server.api, "odd", "env")).toMatchObject({ output: [] });
  });

  test("that hangs is ended when the attempt's time is over", async () => {
    const run = await begin(server.api, "odd", "hang");

    expect((await ended(server.api, run.id)).error).toMatchObject({ code: "TIMEOUT" });
  });

  test("that is on the list but has no file is refused where there is no AWS", async () => {
    expect((await start(server.api, "far")).error).toMatchObject({ code: "TARGET_REFUSED" });
  });

  test("is called again under the same key when the server was killed during the call", async () => {
    await publish(server.api, {
      name: "again",
      nodes: [{ id: "call", type: "tool", tool: "pay", with: { order: "K-1", amount: 1 } }],
    });
    const run = await begin(server.api, "again");
    await server.killAndStart();
    const after = await ended(server.api, run.id);

    expect(after.status).toBe("succeeded");
    const lines = readFileSync(PAYMENTS, "utf8").split("\n");
    const keys = new Set(lines.filter((line) => line.startsWith("K-1 ")));
    expect([...keys]).toEqual([`K-1 ${stepOf(after, "call").idempotencyKey}`]);
  });
});

describe("a function that is not on the tenant's list (F15)", () => {
  test.each([arnOf("unlisted"), arnOf("theirs"), `${arnOf("pay")}:live`, "pay"])(
    "cannot be registered: %s",
    async (functionArn) => {
      const tool = { kind: "lambda", config: { functionArn } };
      const answer = await server.api.put("/v1/tools/x", tool);

      expectRefused(answer, 400, "INVALID_TOOL");
      expect(answer.body["errors"]).toMatchObject([
        { path: "config.functionArn", code: "TARGET_NOT_ALLOWED" },
      ]);
    },
  );
});
