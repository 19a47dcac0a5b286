import { describe, expect, test } from "vitest";
import { Fault } from "../../core/ports/fault.ts";
import { door } from "./door.ts";
import { fakeAccess } from "./fake-access.ts";

const key = (value: string) => ({ headers: { "idempotency-key": value } });

describe("an Idempotency-Key", () => {
  test("finds the first run again, whatever the order of the body's keys", async () => {
    const { ask, calls } = door();
    const raw = (text: string) => ask("POST /v1/runs", { raw: text, ...key("k-1") });

    const first = await raw('{"workflow":"refund","input":{"a":1,"10":2}}');
    const again = await raw(' {"input":{"10":2,"a":1},"workflow":"refund"}');

    expect(again.status).toBe(201);
    expect(again.json).toEqual(first.json);
    expect(first.headers["idempotency-replayed"]).toBe(undefined);
    expect(again.headers).toMatchObject({
      "idempotency-replayed": "true",
      location: first.headers["location"],
    });
    expect(calls).toHaveLength(1);
  });

  test("is refused for another body, and belongs to one tenant", async () => {
    const { ask } = door();
    await ask("POST /v1/runs", { body: { workflow: "a" }, ...key("k") });

    const reused = await ask("POST /v1/runs", { body: { workflow: "b" }, ...key("k") });
    const other = await ask("POST /v1/runs", {
      as: "hf_other",
      body: { workflow: "b" },
      ...key("k"),
    });

    expect(reused).toMatchObject({ status: 422, json: { code: "IDEMPOTENCY_KEY_REUSED" } });
    expect(other.status).toBe(201);
  });

  test.each(["", " ", "a b", "x".repeat(256), "ü", "a\u0000", "a\tb", "😀"])(
    "that cannot be kept is 400: %j",
    async (value) => {
      const answer = await door().ask("POST /v1/runs", { body: { workflow: "a" }, ...key(value) });

      expect(answer).toMatchObject({ status: 400, json: { code: "IDEMPOTENCY_KEY_INVALID" } });
    },
  );

  test("makes one API key once, and shows it once", async () => {
    const { ask } = door();
    const make = () => ask("POST /v1/keys", { body: { name: "ci" }, ...key("k") });

    const first = await make();
    const again = await make();

    expect(first.json["key"]).toBe("hf_shown_once");
    const { key: _, ...rest } = first.json;
    expect(again.json).toEqual(rest);
    expect(again.headers).toMatchObject({
      "idempotency-replayed": "true",
      location: `/v1/keys/${String(first.json["id"])}`,
    });
    expect((await ask("GET /v1/keys")).json["data"]).toHaveLength(1);
  });

  test("keeps tenants, decisions, signals and cancels to one effect each", async () => {
    const { ask, calls } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });
    const lines = [
      ["POST /v1/runs/r/signals", { name: "x" }],
      ["POST /v1/runs/r/respond", { response: 1 }],
      ["POST /v1/runs/r/cancel", {}],
      ["POST /v1/tasks/task_1/decide", { decision: "approved" }],
    ] as const;

    for (const [line, body] of lines) {
      const before = calls.length;
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await ask(line, { body, ...key("same") }));
      expect(calls.length - before).toBe(1);
      expect(new Set(answers.map(({ body: text }) => text)).size).toBe(1);
      expect(answers[2]?.headers["idempotency-replayed"]).toBe("true");
    }
  });

  test("is the signal's own id too, so that the run knows a repeat when our answer was lost", async () => {
    const { ask, calls } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });

    await ask("POST /v1/runs/r/signals", { body: { name: "x" }, ...key("same") });
    await ask("POST /v1/runs/r/signals", { body: { name: "x", id: "own" }, ...key("other") });
    await ask("POST /v1/runs/r/signals", { body: { name: "x" } });

    expect(calls.filter((call) => call.startsWith("signal"))).toEqual([
      expect.stringMatching(/^signal r x key:.+\/same$/),
      "signal r x own",
      "signal r x -",
    ]);
  });

  test("is one client's own: another API key with the same one is no repeat", async () => {
    const { ask, calls } = door();
    const decide = (as: string) =>
      ask("POST /v1/tasks/task_1/decide", { as, body: { decision: "approved" }, ...key("k") });

    await decide("hf_admin");
    const other = await decide("hf_operator");

    expect(other.headers["idempotency-replayed"]).toBe(undefined);
    expect(calls.filter((call) => call.startsWith("decide"))).toHaveLength(2);
  });

  test("is free again after a refusal or a fault, and 409 while the first is under way", async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let fail = true;
    const access = fakeAccess();
    const { ask } = door({
      access: {
        ...access,
        async createTenant(request) {
          if (fail) throw new Fault("throttled", { retryable: true });
          entered.resolve();
          await gate.promise;
          return access.createTenant(request);
        },
      },
    });
    const make = (name: string) =>
      ask("POST /v1/tenants", { as: "hf_platform", body: { name }, ...key("k") });

    expect((await make("Acme")).status).toBe(503);
    fail = false;
    const first = make("Acme");
    await entered.promise;
    expect(await make("Acme")).toMatchObject({
      status: 409,
      headers: { "retry-after": "1" },
      json: { code: "IDEMPOTENCY_IN_FLIGHT", retryable: true },
    });
    expect((await make("Other")).status).toBe(422);
    gate.resolve();
    expect((await first).status).toBe(201);
    expect(await make("Acme")).toMatchObject({
      status: 201,
      headers: { "idempotency-replayed": "true", location: "/v1/tenants/ten_1" },
    });
  });

  test("of a refused request may be used again once its cause is gone", async () => {
    const { ask } = door();
    const body = { decision: "approved" };

    const refused = await ask("POST /v1/tasks/task_2/decide", { body, ...key("k") });
    const again = await ask("POST /v1/tasks/task_2/decide", { body, ...key("k") });

    expect([refused.status, again.status]).toEqual([404, 404]);
  });
});
