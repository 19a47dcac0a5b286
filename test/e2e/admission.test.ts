import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { JsonClient } from "../../scripts/support/client.ts";
import { begin, ended, expectRefused, idIn, publish, reaches, read } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let api: JsonClient;

beforeAll(async () => {
  server = await startServer();
  ({ api } = server);
});

afterAll(() => server.close());

/** A workflow whose runs wait for a signal `go`, and so are active for as long as a test likes. */
async function waiting(name: string, more: JsonObject, of = api): Promise<void> {
  const nodes = [{ id: "w", type: "wait", event: { name: "go" } }];
  await publish(of, { name, nodes, ...more });
}

const go = (id: string, of = api) => of.post(`/v1/runs/${id}/signals`, { name: "go" });
const start = (workflow: string, body: JsonObject = {}, of = api) =>
  of.post("/v1/runs", { workflow, ...body });
const later = (advance: string) => server.api.post("/dev/clock", { advance });

describe("a workflow that queues (F3)", () => {
  test("has so many active runs, and lets the others in, in the order in which they came", async () => {
    await waiting("queues", { concurrency: { limit: 2 } });
    const runs = [];
    for (let n = 0; n < 5; n++) runs.push(await begin(api, "queues"));
    const ids = runs.map(({ id }) => id);
    const statuses = async () => Promise.all(ids.map(async (id) => (await read(api, id)).status));

    await reaches(api, ids[1] ?? "", "waiting");
    expect(await statuses()).toEqual(["waiting", "waiting", "queued", "queued", "queued"]);
    expect((await read(api, ids[3] ?? "")).waitingOn).toMatchObject([
      { kind: "limit", name: "concurrency", position: 2 },
    ]);
    const { body } = await api.get(`/v1/runs/${ids[3]}/explain`);
    expect(body).toMatchObject({
      limit: "concurrency",
      summary: expect.stringContaining("number 2 in line"),
    });
    expect((await api.get("/v1/runs?waitingOn=limit&workflow=queues")).body["data"]).toHaveLength(
      3,
    );

    await go(ids[1] ?? "");
    await reaches(api, ids[2] ?? "", "waiting");
    await server.killAndStart();
    expect(await statuses()).toEqual(["waiting", "succeeded", "waiting", "queued", "queued"]);
    await api.post(`/v1/runs/${ids[3]}/cancel`, {});
    await go(ids[0] ?? "");
    await reaches(api, ids[4] ?? "", "waiting");
    for (const id of [ids[2], ids[4]]) await go(id ?? "");
    expect((await ended(api, ids[4] ?? "")).status).toBe("succeeded");
    expect(await statuses()).toEqual([
      "succeeded",
      "succeeded",
      "succeeded",
      "cancelled",
      "succeeded",
    ]);
  });

  test("counts each key by itself", async () => {
    await waiting("by-customer", {
      concurrency: { key: "{% $input.customer %}", limit: 1, onLimit: "queue" },
    });
    const of = (customer: string) => begin(api, "by-customer", { customer });

    const [ada, bob, again] = [await of("ada"), await of("bob"), await of("ada")];

    for (const { id } of [ada, bob]) await reaches(api, id, "waiting");
    expect((await read(api, again.id)).status).toBe("queued");
    await go(bob.id);
    expect((await read(api, again.id)).status).toBe("queued");
    await go(ada.id);
    await reaches(api, again.id, "waiting");
  });

  test("lets the highest priority in first, and the oldest of those (F7)", async () => {
    await waiting("by-priority", { concurrency: { limit: 1 } });
    const first = await begin(api, "by-priority");
    const made: string[] = [];
    for (const priority of [0, 10, -5, 10]) {
      made.push(idIn(await start("by-priority", { priority })));
    }
    const order: number[] = [];
    let active = first.id;

    for (let n = 0; n < made.length; n++) {
      await go(active);
      const next = await reachesOne(made.filter((id) => !order.includes(made.indexOf(id))));
      order.push(made.indexOf(next));
      active = next;
    }

    expect(order).toEqual([1, 3, 0, 2]);
    expectRefused(await start("by-priority", { priority: 2_000 }), 400, "INVALID_REQUEST");
  });

  test("queues at the tenant's limit, too, and no other workflow does", async () => {
    const tenant = await server.tenant({ maxActiveRuns: 1 });
    await waiting("lines-up", { concurrency: { limit: 5 } }, tenant.api);
    await waiting("asks-again", {}, tenant.api);
    const first = await begin(tenant.api, "asks-again");

    const second = await begin(tenant.api, "lines-up");
    const refused = await start("asks-again", {}, tenant.api);

    expectRefused(refused, 429, "LIMIT_REACHED");
    expect((await read(tenant.api, second.id)).waitingOn).toMatchObject([
      { kind: "limit", name: "maxActiveRuns", position: 1 },
    ]);
    await go(first.id, tenant.api);
    await reaches(tenant.api, second.id, "waiting");
    await go(second.id, tenant.api);
    expect((await ended(tenant.api, second.id)).status).toBe("succeeded");
  });

  test("loses none of 60 that start at once, and never has more than it may (F6)", async () => {
    const nodes = [{ id: "s", type: "tool", tool: "summarize", with: { text: "a b c" } }];
    await publish(api, { name: "crowd", nodes, concurrency: { limit: 3 } });

    const answers = await Promise.all(Array.from({ length: 60 }, () => start("crowd")));

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 60 }, () => 201));
    for (const answer of answers) {
      expect((await ended(api, idIn(answer))).status).toBe("succeeded");
    }
    const { data } = (await api.get("/v1/runs?workflow=crowd&status=queued,running,waiting")).body;
    expect(data).toEqual([]);
  });
});

describe("a tenant that may have ten active runs (F3)", () => {
  test("has ten of 200 that start at once, over kill -9, and room for ten when those have ended", async () => {
    const tenant = await server.tenant({ maxActiveRuns: 10 });
    await waiting("held", {}, tenant.api);
    const two = async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => start("held", {}, tenant.api)),
      );
      expect(answers.every(({ status }) => status === 201 || status === 429)).toBe(true);
      return answers.filter(({ status }) => status === 201).map(idIn);
    };
    const live = async () => {
      const path = "/v1/runs?status=queued,running,waiting,paused&limit=200";
      return ((await tenant.api.get(path)).body["data"] as unknown as { id: string }[]).length;
    };

    const first = await two();
    expect([first.length, await live()]).toEqual([10, 10]);
    await server.killAndStart();
    expect(await two()).toEqual([]);
    for (const id of first) await go(id, tenant.api);
    for (const id of first) expect((await ended(tenant.api, id)).status).toBe("succeeded");

    expect(await two()).toHaveLength(10);
    expect(await live()).toBe(10);
  });
});

/** The first of some runs that is not queued any more. */
async function reachesOne(ids: readonly string[]): Promise<string> {
  for (;;) {
    for (const id of ids) if ((await read(api, id)).status === "waiting") return id;
  }
}

describe("a workflow at its limit", () => {
  test("that rejects answers 429, and says of what", async () => {
    await waiting("rejects", { concurrency: { limit: 1, onLimit: "reject" } });
    const first = await begin(api, "rejects");

    const refused = await start("rejects");

    expectRefused(refused, 429, "LIMIT_REACHED");
    expect(refused.body).toMatchObject({ limit: "concurrency", max: 1 });
    await go(first.id);
    await ended(api, first.id);
    expect((await start("rejects")).status).toBe(201);
  });

  test("that cancels the oldest lets the newest in", async () => {
    await waiting("newest", { concurrency: { limit: 2, onLimit: "cancelOldest" } });
    const runs = [];
    for (let n = 0; n < 4; n++) runs.push(await begin(api, "newest"));

    const statuses = await Promise.all(runs.map(async ({ id }) => (await beyondQueue(id)).status));

    expect(statuses).toEqual(["cancelled", "cancelled", "waiting", "waiting"]);
    const events = await api.get(`/v1/runs/${runs[0]?.id}/events?type=run.cancelled`);
    expect(events.text).toContain("a newer run took its place");
  });

  test("takes a retried run back only when there is room", async () => {
    const nodes = [
      { id: "w", type: "wait", event: { name: "go" } },
      { id: "bad", type: "tool", tool: "fail", with: { code: "BROKEN" } },
    ];
    await publish(api, { name: "retried", nodes, concurrency: { limit: 1 } });
    const first = await begin(api, "retried");
    await go(first.id);
    await reaches(api, first.id, "failed");
    const second = await begin(api, "retried");

    expectRefused(await api.post(`/v1/runs/${first.id}/retry`), 429, "LIMIT_REACHED");
    await api.post(`/v1/runs/${second.id}/cancel`, {});
    expect((await api.post(`/v1/runs/${first.id}/retry`)).status).toBe(200);
  });
});

/** As it is once it has begun, or ended. */
async function beyondQueue(id: string) {
  await expect.poll(async () => (await read(api, id)).status).toMatch(/waiting|cancelled/);
  return read(api, id);
}

describe("a run that is to start later (F8)", () => {
  test("begins at its time and not before, also over kill -9", async () => {
    await publish(api, { name: "quick", nodes: [{ id: "s", type: "set", with: 1 }] });
    const now = Date.parse((await api.get("/dev/clock")).body["now"] as string);
    const startAt = new Date(now + 3_600_000).toISOString();

    const id = idIn(await start("quick", { startAt }));

    expect(await read(api, id)).toMatchObject({
      status: "queued",
      waitingOn: [{ kind: "timer", until: startAt }],
    });
    expect((await api.get(`/v1/runs/${id}/explain`)).body["summary"]).toContain(startAt);
    await later("PT59M");
    await server.killAndStart();
    expect((await read(api, id)).status).toBe("queued");
    await later("PT2M");
    expect((await ended(api, id)).status).toBe("succeeded");
  });

  test("takes its place in line when its time has come", async () => {
    await waiting("booked", { concurrency: { limit: 1 } });
    const now = Date.parse((await api.get("/dev/clock")).body["now"] as string);
    const startAt = new Date(now + 60_000).toISOString();
    const booked = idIn(await start("booked", { startAt }));
    const first = await begin(api, "booked");

    await later("PT2M");
    await expect
      .poll(async () => (await read(api, booked)).waitingOn)
      .toMatchObject([{ kind: "limit", position: 1 }]);
    await go(first.id);

    await reaches(api, booked, "waiting");
  });

  test("can be given up before it begins", async () => {
    const id = idIn(await start("quick", { startAt: "2100-01-01T00:00:00Z" }));

    expect((await api.post(`/v1/runs/${id}/cancel`, {})).body["status"]).toBe("cancelled");
    const { data } = (await api.get(`/v1/runs/${id}/events`)).body;
    expect((data as unknown as { type: string }[]).map(({ type }) => type)).toEqual([
      "run.created",
      "run.cancelled",
    ]);
  });
});

describe("a workflow that is throttled or debounced", () => {
  test("begins so many in a period, and the others at even distances", async () => {
    await publish(api, {
      name: "throttled",
      nodes: [{ id: "s", type: "set", with: 1 }],
      throttle: { limit: 2, period: "PT10M" },
    });
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) ids.push(idIn(await start("throttled")));
    const done = async () => {
      const runs = await Promise.all(ids.map((id) => read(api, id)));
      return runs.filter(({ status }) => status === "succeeded").length;
    };

    await expect.poll(done).toBe(2);
    await later("PT6M");
    await expect.poll(done).toBe(3);
    await later("PT6M");
    await expect.poll(done).toBe(4);
  });

  test("begins once, with the newest, when no more have come for a while", async () => {
    await publish(api, {
      name: "debounced",
      nodes: [{ id: "s", type: "set", with: "{% $input.n %}" }],
      debounce: { key: "{% $input.order %}", period: "PT5M" },
    });
    const of = (order: string, n: number) => start("debounced", { input: { order, n } });

    const first = idIn(await of("a", 1));
    await later("PT4M");
    const second = idIn(await of("a", 2));
    const other = idIn(await of("b", 9));
    await later("PT4M");
    expect((await read(api, second)).status).toBe("queued");
    await later("PT2M");

    expect(await ended(api, second)).toMatchObject({ status: "succeeded", output: 2 });
    expect(await ended(api, other)).toMatchObject({ output: 9 });
    expect((await read(api, first)).status).toBe("cancelled");
  });

  test("is told at publishing what is wrong with such a field", async () => {
    const nodes = [{ id: "s", type: "set" }];
    const answer = await api.post("/v1/workflows", {
      name: "wrong",
      nodes,
      concurrency: { limit: 0, onLimit: "explode" },
      throttle: { limit: 1 },
      debounce: { period: "soon", every: 1 },
    });

    expectRefused(answer, 400, "INVALID_WORKFLOW");
    const paths = (answer.body["errors"] as unknown as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual([
      "concurrency.limit",
      "concurrency.onLimit",
      "throttle.period",
      "debounce.every",
      "debounce.period",
    ]);
  });

  test("refuses a run whose key cannot be told", async () => {
    await publish(api, {
      name: "bad-key",
      nodes: [{ id: "s", type: "set" }],
      concurrency: { key: "{% $input.a + $input.b %}", limit: 1 },
    });

    const refused = await start("bad-key", { input: { a: 1, b: "two" } });

    expectRefused(refused, 400, "INVALID_INPUT");
  });
});
