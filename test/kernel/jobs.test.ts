import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { tokensOf } from "../../core/kernel/run.ts";
import { story } from "./story.ts";

const DAY = 86_400_000;
const tools = { charge: { hash: "hash-of-tool", kind: "worker" } };
const pay = (more: JsonObject = {}) => ({ id: "pay", type: "tool", tool: "charge", ...more });

const tale = (more: JsonObject = {}) => story({ nodes: [pay(more)] }, { tools });
type Tale = Awaited<ReturnType<typeof tale>>;

function jobOf({ run }: Tale): { job: string; attempt: number } {
  const [token] = tokensOf(run);
  if (token?.wait?.kind !== "job") throw new Error("there is no job");
  return { job: token.wait.job, attempt: token.attempt };
}

const done = (at: Tale, output = "ok") =>
  at.give({ type: "job.settle", ...jobOf(at), result: { ok: true, output } });

describe("a step whose tool is a worker's", () => {
  test("starts and waits in one commit, and no driver is needed for it", async () => {
    const at = await story({ nodes: [pay()] }, { tools, undriven: true });

    expect(at.log).toHaveLength(1);
    expect(at.events().map(({ type }) => type)).toEqual([
      "run.created",
      "step.started",
      "step.waiting",
      "timer.set",
      "run.waiting",
    ]);
    expect(at.calling()).toEqual([]);
  });

  test("goes on with what the job gave", async () => {
    const at = await tale();
    await done(at);

    expect(at.run).toMatchObject({ status: "succeeded", output: "ok" });
  });

  test("is the same job under the same key when it is lost, until its first deadline", async () => {
    const at = await tale();
    const first = jobOf(at);
    at.later(1_000);
    await at.give({ type: "job.lose", ...first });

    expect(jobOf(at)).toEqual({ job: first.job, attempt: 2 });
    const waits = at.of("step.waiting").map(({ dueAt }) => dueAt);
    expect(waits[1]).toBe(waits[0]);
    expect(at.of("step.started")).toMatchObject([{ attempt: 1 }, { attempt: 2, recovery: 1 }]);
  });

  test("takes no result of an attempt that was lost, nor of another job", async () => {
    const at = await tale();
    const first = jobOf(at);
    await at.give({ type: "job.lose", ...first });
    const result = { ok: true, output: 1 } as const;
    const refused = { type: "rejected", reason: "job_superseded" };

    expect(await at.give({ type: "job.settle", ...first, result })).toEqual(refused);
    expect(await at.give({ type: "job.lose", ...first })).toEqual(refused);
    const other = { ...jobOf(at), job: "job_other" };
    expect(await at.give({ type: "job.settle", ...other, result })).toEqual(refused);
  });

  test("is tried again after its time is over, and then fails", async () => {
    const at = await tale({ retry: { maxAttempts: 2 } });
    await at.passes(DAY);
    expect(at.of("step.retrying")).toMatchObject([{ error: { code: "TIMEOUT" } }]);
    await at.passes(60_000);
    expect(jobOf(at).attempt).toBe(2);
    await at.passes(DAY);

    expect(at.run).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
  });

  test("is unknown when it may be done once and its time is over", async () => {
    const at = await tale({ delivery: "at-most-once" });
    await at.passes(DAY);

    expect(at.of("step.unknown")).toHaveLength(1);
    expect(at.run).toMatchObject({ status: "failed", error: { code: "OUTCOME_UNKNOWN" } });
  });

  test("is repeated though it may be done once, where the author says so", async () => {
    const at = await tale({ delivery: "at-most-once", onUnknown: "retry" });
    await at.give({ type: "job.lose", ...jobOf(at) });

    expect(jobOf(at).attempt).toBe(2);
  });
});
