import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lambdaClient, lambdaFunctions } from "../../adapters/aws/lambda-functions.ts";
import { lambdaTool } from "../../adapters/tools/lambda-tool.ts";
import { parseTools } from "../../adapters/tools/targets.ts";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { stubServer } from "./stub-server.ts";

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:pay";

let stub: Awaited<ReturnType<typeof stubServer>>;
beforeAll(async () => {
  stub = await stubServer();
});
afterAll(() => stub.close());

function invoke(
  input: Json = { n: 1 },
  signal = new AbortController().signal,
  tenant = "acme",
  more = {},
) {
  const client = lambdaClient({
    endpoint: stub.origin,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
  });
  const config = parseTools(JSON.stringify({ allowedTargets: { acme: { lambdaArns: [ARN] } } }));
  const tool = { name: "pay", kind: "lambda", config: { functionArn: ARN, ...more } } as const;
  const call = { tenant, tool, input, idempotencyKey: "key-1", attempt: 2, timeoutMs: 5_000 };
  return lambdaTool(config, lambdaFunctions(client))(call, signal);
}

async function failure(promise: Promise<unknown>): Promise<CallFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CallFailure) return error;
  throw new Error("did not fail as a call", { cause: error });
}

describe("a function of the account", () => {
  test("is invoked once, synchronously, with the key in the event and in its context", async () => {
    stub.json({ paid: true });

    expect(await invoke()).toEqual({ paid: true });
    const [sent] = stub.seen;
    expect(sent?.url).toBe(`/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations`);
    expect(sent?.headers["x-amz-invocation-type"]).toBe("RequestResponse");
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      tool: "pay",
      input: { n: 1 },
      idempotencyKey: "key-1",
      attempt: 2,
    });
    const context = Buffer.from(String(sent?.headers["x-amz-client-context"]), "base64");
    expect(JSON.parse(context.toString())).toEqual({ custom: { idempotencyKey: "key-1" } });
  });

  test.each([
    [{ errorType: "OUT_OF_STOCK", errorMessage: "no" }, "OUT_OF_STOCK", true],
    [{ errorType: "Error", errorMessage: "no" }, "FUNCTION_ERROR", true],
    [{ errorType: "Runtime.ExitError", errorMessage: "exit 1" }, "FUNCTION_ERROR", true],
    [{ errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 3.00" }, "TIMEOUT", true],
    [{ errorMessage: "2026-11-25 Task timed out after 3.00 seconds" }, "TIMEOUT", true],
    [{ errorType: "Function.ResponseSizeTooLarge" }, "RESPONSE_TOO_LARGE", false],
  ])("that fails with %j fails the call", async (error, code, retryable) => {
    stub.json(error, 200, { "x-amz-function-error": "Unhandled" });

    expect(await failure(invoke())).toMatchObject({ code, retryable });
    expect(stub.seen).toHaveLength(1);
  });

  test("is handed its input alone where the tool says so, and its errors keep their names", async () => {
    stub.json({ errorType: "ValueError", errorMessage: "no" }, 200, {
      "x-amz-function-error": "Unhandled",
    });

    const failed = await failure(invoke({ n: 1 }, undefined, "acme", { event: "input" }));

    expect(failed).toMatchObject({ code: "ValueError", retryable: true });
    expect(JSON.parse(stub.seen.at(-1)?.body ?? "")).toEqual({ n: 1 });
  });

  test.each([
    [429, "TooManyRequestsException", "HTTP_429", true],
    [500, "ServiceException", "HTTP_500", true],
    [502, "EC2ThrottledException", "HTTP_502", true],
    [404, "ResourceNotFoundException", "HTTP_404", false],
    [403, "AccessDeniedException", "HTTP_403", false],
    [413, "RequestTooLargeException", "HTTP_413", false],
  ])("that Lambda does not call (%i) is asked for once", async (status, name, code, retryable) => {
    const headers = { "x-amzn-errortype": name, "retry-after": "3" };
    stub.json({ message: "no" }, status, headers);
    const error = await failure(invoke());

    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toContain(name);
    expect(stub.seen).toHaveLength(1);
  });

  test("that throttles is called again when it says", async () => {
    const headers = { "x-amzn-errortype": "TooManyRequestsException", "retry-after": "3" };
    stub.json({ message: "no" }, 429, headers);

    expect((await failure(invoke())).retryAfterMs).toBe(3_000);
  });

  test("that answers what is not JSON fails the call", async () => {
    stub.answers({ body: "<p>" });

    expect(await failure(invoke())).toMatchObject({ code: "RESPONSE_INVALID", retryable: false });
  });

  test("is left when the call is abandoned", async () => {
    stub.answers("hang");
    const abort = new AbortController();
    const called = failure(invoke(1, abort.signal));
    await stub.arrived();
    abort.abort();

    expect(await called).toMatchObject({ code: "ABORTED", retryable: true });
  });

  test("is not invoked for a tenant whose list it is not on, nor with more than it takes", async () => {
    stub.json(1);

    expect(await failure(invoke(1, undefined, "other"))).toMatchObject({ code: "TARGET_REFUSED" });
    const large = "x".repeat(6 * 1024 * 1024);
    expect(await failure(invoke(large))).toMatchObject({ code: "REQUEST_INVALID" });
    expect(stub.seen).toEqual([]);
  });
});

describe("the document of targets", () => {
  test("is refused with every fault named", () => {
    const document = {
      allowedTargets: { acme: { lambdaArns: ["arn:aws:lambda:*"], other: 1 } },
      localFunctions: { pay: "pay.ts" },
    };
    const faulty = () => parseTools(JSON.stringify(document));

    expect(faulty).toThrow("allowedTargets.acme.lambdaArns.0");
    expect(faulty).toThrow("other");
    expect(faulty).toThrow("localFunctions.pay");
    expect(() => parseTools("{")).toThrow("no JSON");
    expect(parseTools(undefined)).toEqual({ allowedTargets: {}, localFunctions: {} });
  });
});
