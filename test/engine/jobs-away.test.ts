import { describe, expect, test } from "vitest";
import { driveDeps } from "../../core/engine/create-engine.ts";
import type { EngineDeps } from "../../core/engine/deps.ts";
import { drive } from "../../core/engine/drive.ts";
import { jobHandler } from "../../core/engine/fire-job.ts";
import type { Result } from "../../core/kernel/command.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { Later } from "../../core/ports/tools.ts";
import { tableJobs } from "../../core/store/jobs.ts";
import { rows } from "../../core/store/rows.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

/** A house whose tool begins something elsewhere, which comes to `state` when the test says so. */
async function away(node: JsonObject = {}, tool: JsonObject = {}) {
  let now = Date.parse("2027-01-31T12:00:00Z");
  const table = memoryTable();
  const at = house({ table, now: () => now });
  const keys: string[] = [];
  const stopped: string[] = [];
  let state: Result | undefined | CallFailure;
  let looks = 0;
  const tools: EngineDeps["tools"] = {
    builtins: at.deps.tools.builtins,
    async call({ idempotencyKey }) {
      keys.push(idempotencyKey);
      return new Later("execution-1");
    },
    away: {
      async look() {
        looks++;
        if (state instanceof CallFailure) throw state;
        return state;
      },
      stop: async (ref) => void stopped.push(ref),
    },
  };
  const deps: EngineDeps = { ...at.deps, tools };
  await deps.toolStore.put("default", {
    name: "ship",
    kind: "http",
    config: {},
    updatedAt: 0,
    ...tool,
  });
  await at.publish({ name: "flow", nodes: [{ id: "go", type: "tool", tool: "ship", ...node }] });
  const key = await at.start("flow");
  const driven = () =>
    drive(driveDeps(deps), key, { effectsMax: 8, until: Number.POSITIVE_INFINITY }).done;
  await driven();
  const [waiting] = (await at.read(key)).waitingOn;
  const job = waiting?.job ?? "";
  return {
    at,
    key,
    keys,
    stopped,
    waiting,
    driven,
    looks: () => looks,
    becomes: (next: Result | CallFailure) => void (state = next),
    cancel: () => at.engine.runs.cancel(ADMIN, key.runId),
    job: () => tableJobs(table).get("default", job),
    /** Time passes, and what is due of the job is looked at. */
    async passes(ms: number): Promise<void> {
      now += ms;
      const row = await table.get(rows.job("default", job));
      if (row) await jobHandler(deps).fire(row);
    },
  };
}

describe("a call that goes on elsewhere", () => {
  test("is waited for as rows, looked at less and less often, and its end goes on", async () => {
    const one = await away();
    expect(one.waiting).toMatchObject({ kind: "job", tool: "ship" });
    await one.passes(1_999);
    expect(one.looks()).toBe(0);
    await one.passes(1);
    await one.passes(2_000);
    await one.passes(2_000);
    expect(one.looks()).toBe(2);
    one.becomes({ ok: true, output: { sent: true } });
    await one.passes(4_000);

    expect(await one.at.read(one.key)).toMatchObject({
      status: "succeeded",
      output: { sent: true },
    });
    await one.passes(3_600_000);
    expect(await one.job()).toBeUndefined();
    expect(one.stopped).toEqual([]);
    expect(one.keys).toHaveLength(1);
  });

  test("that fails fails its step by its own code", async () => {
    const one = await away();
    one.becomes({ ok: false, code: "NO_CARRIER", message: "no", retryable: false });
    await one.passes(2_000);

    expect(await one.at.read(one.key)).toMatchObject({ error: { code: "NO_CARRIER" } });
  });

  test("that cannot be looked at now is looked at again, and a refusal fails it", async () => {
    const one = await away();
    one.becomes(new CallFailure("HTTP_503", "busy", { retryable: true }));
    await one.passes(2_000);
    expect((await one.at.read(one.key)).status).toBe("waiting");
    one.becomes(new CallFailure("HTTP_400", "gone", { retryable: false }));
    await one.passes(60_000);

    expect(await one.at.read(one.key)).toMatchObject({ error: { code: "HTTP_400" } });
  });

  test("of a run that is cancelled is stopped, and forgotten", async () => {
    const one = await away();
    await one.cancel();
    await one.passes(0);

    expect(one.stopped).toEqual(["execution-1"]);
    expect(await one.job()).toBeUndefined();
  });

  test("whose time is over is stopped when it is not tried again", async () => {
    const one = await away({ timeout: "PT1M", retry: { maxAttempts: 1 } });
    await one.passes(60_000);
    await one.driven();
    await one.passes(0);

    expect(await one.at.read(one.key)).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(one.stopped).toEqual(["execution-1"]);
  });

  test("is begun again under the same key when it is tried again", async () => {
    const one = await away({
      timeout: "PT1M",
      retry: { maxAttempts: 2, backoff: { initial: "PT0S" } },
    });
    await one.passes(60_000);
    await one.driven();
    await one.driven();

    expect(one.keys).toHaveLength(2);
    expect(new Set(one.keys).size).toBe(1);
    expect(one.stopped).toEqual([]);
    expect((await one.at.read(one.key)).waitingOn).toMatchObject([{ kind: "job" }]);
  });

  test("whose output does not fit the tool's schema fails its step", async () => {
    const one = await away({}, { outputSchema: { type: "object" } });
    one.becomes({ ok: true, output: 7 });
    await one.passes(2_000);

    expect(await one.at.read(one.key)).toMatchObject({ error: { code: "TOOL_OUTPUT_INVALID" } });
  });
});
