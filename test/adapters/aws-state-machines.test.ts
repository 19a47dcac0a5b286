import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sfnClient, sfnStateMachines } from "../../adapters/aws/sfn-state-machines.ts";
import { machinesAway, machineTool } from "../../adapters/tools/machine-tool.ts";
import { parseTools } from "../../adapters/tools/targets.ts";
import { toolProblems } from "../../adapters/tools/validate-tool.ts";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { Later } from "../../core/ports/tools.ts";
import { stubServer } from "./stub-server.ts";

const MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:ship";
const EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:ship:key-1";

let stub: Awaited<ReturnType<typeof stubServer>>;
beforeAll(async () => {
  stub = await stubServer();
});
afterAll(() => stub.close());

function machines() {
  const client = sfnClient({
    endpoint: stub.origin,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
  });
  return sfnStateMachines(client);
}

function start(key = "key-1", tenant = "acme", input: Json = { order: "A" }, arn = MACHINE) {
  const allowedTargets = { acme: { stateMachineArns: [MACHINE, `${MACHINE}:live`] } };
  const config = parseTools(JSON.stringify({ allowedTargets }));
  const tool = { name: "ship", kind: "stepfunctions", config: { stateMachineArn: arn } } as const;
  const call = { tenant, tool, input, idempotencyKey: key, attempt: 1, timeoutMs: 5_000 };
  return machineTool(config, machines())(call, new AbortController().signal);
}

/** Answers by action; what has no answer is a fault of the test. */
function answers(byAction: Record<string, { error?: string; body?: object }>): void {
  stub.answers(({ headers }) => {
    const action = String(headers["x-amz-target"]).split(".")[1] ?? "";
    const { error, body = {} } = byAction[action] ?? { error: "Unexpected" };
    const told = error === undefined ? body : { __type: error, message: "no" };
    return {
      status: error === undefined ? 200 : 400,
      headers: { "content-type": "application/x-amz-json-1.0" },
      body: JSON.stringify(told),
    };
  });
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof CallFailure ? error : undefined),
  );

describe("an execution", () => {
  test("is started under the key, with the step's input, and goes on elsewhere", async () => {
    answers({ StartExecution: { body: { executionArn: EXECUTION, startDate: 1 } } });

    expect(await start()).toEqual(new Later(EXECUTION));
    expect(JSON.parse(stub.seen[0]?.body ?? "")).toEqual({
      stateMachineArn: MACHINE,
      name: "key-1",
      input: '{"order":"A"}',
    });
  });

  test("whose key no name can hold is named by its digest", async () => {
    answers({ StartExecution: { body: { executionArn: EXECUTION } } });
    await start("seed-map.1:3-ship-1");

    const { name } = JSON.parse(stub.seen[0]?.body ?? "") as { name: string };
    expect(name).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    [MACHINE, '{ "order": "A" }', true],
    [`${MACHINE}:live`, '{"order":"A"}', true],
    [MACHINE, '{"order":"B"}', false],
  ])("that exists (%s, %s) is the same one if its input is", async (arn, input, isSame) => {
    answers({
      StartExecution: { error: "ExecutionAlreadyExists" },
      DescribeExecution: { body: { status: "SUCCEEDED", input } },
    });
    const started = await start("key-1", "acme", { order: "A" }, arn).catch(
      (error: unknown) => error,
    );

    expect(started).toMatchObject(
      isSame ? { ref: EXECUTION } : { code: "EXECUTION_EXISTS", retryable: false },
    );
  });

  test.each([
    ["StateMachineDoesNotExist", false],
    ["ThrottlingException", true],
    ["ExecutionLimitExceeded", true],
  ])("that cannot be started because of %s fails the call", async (error, retryable) => {
    answers({ StartExecution: { error } });

    expect(await failure(start())).toMatchObject({ code: "HTTP_400", retryable });
  });

  test("of a machine that is not on the tenant's list is not started", async () => {
    answers({});

    expect(await failure(start("key-1", "other"))).toMatchObject({ code: "TARGET_REFUSED" });
    expect(stub.seen).toEqual([]);
  });

  test.each<[object, object]>([
    [{ status: "RUNNING" }, {}],
    [
      { status: "SUCCEEDED", output: '{"sent":true}' },
      { ok: true, output: { sent: true } },
    ],
    [
      { status: "FAILED", error: "NO_CARRIER", cause: "x" },
      { ok: false, code: "NO_CARRIER" },
    ],
    [
      { status: "FAILED", error: "States.Runtime" },
      { ok: false, code: "EXECUTION_FAILED" },
    ],
    [{ status: "TIMED_OUT" }, { ok: false, code: "TIMED_OUT" }],
    [{ status: "ABORTED" }, { ok: false, code: "ABORTED" }],
  ])("that is %j is looked at as %j", async (body, result) => {
    answers({ DescribeExecution: { body } });
    const seen = await machinesAway(machines()).look(EXECUTION);

    expect(seen === undefined).toBe(Object.keys(result).length === 0);
    expect(seen ?? {}).toMatchObject(result);
  });

  test("is stopped by its ARN", async () => {
    answers({ StopExecution: { body: { stopDate: 1 } } });
    await machines().stop(EXECUTION);

    expect(JSON.parse(stub.seen[0]?.body ?? "")).toMatchObject({ executionArn: EXECUTION });
  });
});

describe("a tool of kind stepfunctions", () => {
  const tool = { kind: "stepfunctions", config: { stateMachineArn: MACHINE } };

  test("may be registered where there are state machines, for one that is listed", () => {
    const allowed = { function: () => false, machine: (arn: string) => arn === MACHINE };

    expect(toolProblems(tool, undefined, allowed)).toEqual([]);
    const other = { ...tool, config: { stateMachineArn: `${MACHINE}2` } };
    expect(toolProblems(other, undefined, allowed)).toMatchObject([
      { path: "config.stateMachineArn", code: "TARGET_NOT_ALLOWED" },
    ]);
    expect(toolProblems({ ...tool, config: {} }, undefined, allowed)).toMatchObject([
      { code: "ARN_REQUIRED" },
    ]);
  });

  test("is refused by name where there are none", () => {
    expect(toolProblems(tool)).toMatchObject([{ code: "TOOL_KIND_NOT_SUPPORTED" }]);
  });
});
