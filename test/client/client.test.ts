import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { ROUTES } from "../../adapters/http/route-table.ts";
import {
  connect,
  type Event,
  type Holdfast,
  ProblemError,
  plus,
  shape,
  tool,
  workflow,
} from "../../client/index.ts";
import { ROOT } from "../architecture/source.ts";
import { eventually } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;
let holdfast: Holdfast;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  holdfast = connect({ url: server.url, key: server.keys.admin });
  await holdfast.tools.put("slow", { kind: "http", config: { url: tools.url("/slow") } });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const add = workflow("add", { input: shape<{ n: number }>() })
  .set("more", { with: ($) => plus($.input.n, 1) })
  .build(($) => $.steps.more.output);

const approve = workflow("approve", { input: shape<{ amount: number }>() })
  .approval("ask", { approvers: "ada@example.com", email: false })
  .wait("paid", { event: { name: "paid" }, payload: shape<{ by: string }>() })
  .build(($) => ({ by: $.steps.paid.output.by }));

const slow = workflow("slow")
  .tool("one", { tool: tool("slow") })
  .tool("two", { tool: tool("slow") })
  .tool("three", { tool: tool("slow") })
  .build();

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("the client", () => {
  test("publishes, starts and waits, with the types of the workflow", async () => {
    const published = await holdfast.workflows.publish(add);
    const run = await holdfast.runs.start(add, { input: { n: 1 }, waitSeconds: 10 });

    expectTypeOf(run.output).toEqualTypeOf<number | null>();
    expect([published.version, run.status, run.output]).toEqual([1, "succeeded", 2]);
    // @ts-expect-error -- n is a number.
    await expect(holdfast.runs.start(add, { input: { n: "1" } })).resolves.toBeDefined();
    expect((await holdfast.workflows.get("add")).document).toEqual(add);
  });

  test("takes a run through all that people and systems do to it", async () => {
    await holdfast.workflows.publish(approve);
    const { id } = await holdfast.runs.start(approve, { input: { amount: 1 } });

    const waiting = await holdfast.runs.wait(id, { until: "settled" });
    const [task] = await all(holdfast.tasks.list({ run: id }));
    const asked = { decision: "approved", as: "ada@example.com" };
    const decided = await holdfast.tasks.decide(task?.id ?? "", asked);
    const explained = await holdfast.runs.explain(id);
    const signalled = await holdfast.runs.signal(id, { name: "paid", payload: { by: "Ada" } });
    const ended = await holdfast.runs.wait(id);
    const verified = await holdfast.runs.verify(id);

    expect(waiting.waitingOn.map(({ kind }) => kind)).toEqual(["approval"]);
    expect([decided.status, decided.decision]).toEqual(["done", "approved"]);
    expect(explained.waitingOn.map(({ kind }) => kind)).toEqual(["event"]);
    expect(signalled).toEqual({ accepted: true, duplicate: false });
    expect([ended.status, ended.output]).toEqual(["succeeded", { by: "Ada" }]);
    expect([verified.ok, verified.count]).toEqual([true, ended.seq]);
  });

  test("goes through lists page by page", async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async (_, n) => {
        const run = await holdfast.runs.start(add, { input: { n }, tags: { test: "pages" } });
        return run.id;
      }),
    );

    const listed = holdfast.runs.list({ tag: "test:pages", limit: 2 });
    const found = await all(listed);

    expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect((await listed.page()).data).toHaveLength(2);
  });

  test("throws what the server refuses, with its code and each fault", async () => {
    const refused = await holdfast.runs
      .start("add", { tags: { "": "x" } })
      .catch((error: unknown) => error);
    const missing = holdfast.runs.get("run_none");

    expect(refused).toBeInstanceOf(ProblemError);
    expect(refused).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
      retryable: false,
      errors: [{ path: "tags", code: "INVALID_VALUE" }],
    });
    await expect(missing).rejects.toMatchObject({ status: 404, code: "NOT_FOUND" });
  });

  test("starts one run, though the first answer is lost", async () => {
    let requests = 0;
    const lossy = connect({
      url: server.url,
      key: server.keys.admin,
      async fetch(...about) {
        const response = await fetch(...about);
        if (requests++ > 0) return response;
        await response.text();
        throw new TypeError("terminated");
      },
    });

    const run = await lossy.runs.start("add", { input: { n: 1 }, tags: { test: "lost" } });

    const found = await all(holdfast.runs.list({ tag: "test:lost" }));
    expect([requests, found.map(({ id }) => id)]).toEqual([2, [run.id]]);
  });

  test("starts one run for one key of the caller's own", async () => {
    const about = { input: { n: 1 }, idempotencyKey: "order-17" };
    const [one, other] = await Promise.all([
      holdfast.runs.start(add, about),
      holdfast.runs.start(add, about),
    ]);

    expect(one.id).toBe(other.id);
    await expect(holdfast.runs.start(add, { ...about, input: { n: 2 } })).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
  });

  test("follows a run over a server that is killed, without a gap and without a repeat", async () => {
    tools.on("/slow", async (call) => {
      // The server dies while it waits for the second answer.
      if (call.n === 2) await Promise.all([server.killAndStart(), call.gone]);
      return tools.effectOnce(call);
    });
    await holdfast.workflows.publish(slow);
    const { id } = await holdfast.runs.start(slow);

    const events: Event[] = [];
    for await (const event of holdfast.runs.events(id)) events.push(event);

    const run = await holdfast.runs.get(id);
    expect(run.status).toBe("succeeded");
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect([events.at(-1)?.type, events.length]).toEqual(["run.succeeded", run.seq]);
    const later = await all(holdfast.runs.events(id, { after: run.seq - 2 }));
    expect(later.map(({ seq }) => seq)).toEqual([run.seq - 1, run.seq]);
    expect(tools.effects.size).toBe(3);
  });

  test("makes tenants and keys, whose holders see what is theirs", async () => {
    const platform = connect({ url: server.url, key: server.keys.platform });
    const { id } = await platform.tenants.create({ name: "acme" });
    const { key } = await platform.tenants.createKey(id, { name: "theirs", role: "admin" });
    const acme = connect({ url: server.url, key: key ?? "" });
    await acme.secrets.put("bank", { value: "s3cret" });
    const url = tools.url("/told");
    const webhook = await acme.webhooks.create({ url, types: ["run.succeeded"] });
    await acme.workflows.publish(add);
    await acme.runs.start(add, { input: { n: 1 }, waitSeconds: 10 });

    expect(await all(acme.secrets.list())).toMatchObject([{ name: "bank" }]);
    expect(webhook.secret).toMatch(/^whsec_/);
    expect((await tools.arrived("/told")).body).toMatchObject({ type: "run.succeeded" });
    const delivery = await eventually("a delivery on record", async () => {
      return (await all(acme.webhooks.deliveries(webhook.id)))[0];
    });
    expect(delivery.id).toMatch(/./);
    expect((await acme.records.usage()).total.runs).toBe(1);
    const audited = await all(acme.records.audit());
    expect(audited.map(({ action }) => action)).toContain("startRun");
    expect(await all(acme.runs.list())).toHaveLength(1);
    await acme.webhooks.remove(webhook.id);
    await platform.tenants.remove(id);
  });

  test("stops when its caller does", async () => {
    const { id } = await holdfast.runs.start(approve, { input: { amount: 1 } });
    const stop = new AbortController();
    const following = (async () => {
      for await (const event of holdfast.runs.events(id, { signal: stop.signal })) {
        if (event.type === "run.waiting") stop.abort(new Error("enough"));
      }
    })();

    await expect(following).rejects.toThrow("enough");
    await holdfast.runs.cancel(id, { reason: "enough" });
    expect((await holdfast.runs.wait(id)).status).toBe("cancelled");
  });
});

describe("a request that is not answered as wanted", () => {
  const problem = (status: number, more = {}) => ({
    status,
    headers: { "content-type": "application/problem+json", ...more },
    body: {
      code: "BUSY",
      title: "Busy",
      detail: "",
      status,
      errors: [],
      retryable: status === 409,
    },
  });

  test.each([429, 500, 502, 503, 409])(
    "is sent again after %d, under the same key, when the server says",
    async (status) => {
      const at = `/again-${status}/v1/runs`;
      tools.on(at, ({ n }) => (n < 3 ? problem(status, { "retry-after": "0" }) : { body: {} }));
      const client = connect({ url: tools.url(`/again-${status}/`), key: "k" });

      await client.request("POST", "v1/runs", { body: {} });

      const keys = tools.callsOf(at).map(({ key }) => key);
      expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
      expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test("waits as long as the server asks for", async () => {
    tools.on("/pause", ({ n }) => (n < 2 ? problem(429, { "retry-after": "1" }) : { body: {} }));

    await connect({ url: tools.url("/"), key: "k" }).request("GET", "/pause");

    const [first, second] = tools.callsOf("/pause").map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test.each<[string, Parameters<typeof problem>, number]>([
    ["a refusal", [422], 1],
    ["more than it may be tried", [503, { "retry-after": "0" }], 2],
    ["a pause that is too long", [503, { "retry-after": "3600" }], 1],
  ])("is over after %s", async (name, answer, calls) => {
    const at = `/over-${calls}-${answer[0]}-${name.length}`;
    tools.on(at, () => problem(...answer));
    const client = connect({ url: tools.url("/"), key: "k", attemptsMax: 2 });

    await expect(client.request("GET", at)).rejects.toMatchObject({ code: "BUSY" });

    expect(tools.callsOf(at)).toHaveLength(calls);
  });
});

describe("the methods of the client", () => {
  const folder = join(ROOT, "client/http");
  const source = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  const asked = new Set(source.match(/(?<=")\/v1\/[^"]+(?=")/g));
  const served = new Set(ROUTES.map(({ path }) => path));

  test("ask for routes that are served", () => {
    expect(asked.size).toBeGreaterThan(60);
    expect([...asked].filter((path) => !served.has(path))).toEqual([]);
  });

  test("are on the page that tells of them", () => {
    const page = readFileSync(join(ROOT, "docs/client.md"), "utf8");
    const { request: _, send: _event, ...areas } = holdfast;

    for (const [area, methods] of Object.entries(areas)) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`holdfast.${area}\` |`));
      const told = [...(row ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
      expect(told.toSorted(), area).toEqual(Object.keys(methods).toSorted());
    }
  });
});
