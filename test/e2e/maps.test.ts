import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StepView } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { summary } from "../../scripts/support/stats.ts";
import { begin, ended, eventsOf, publish, reaches, read, registerTool } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "work");
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const each = (more: JsonObject, ...nodes: readonly JsonObject[]): JsonObject => ({
  id: "each",
  type: "map",
  items: "{% $input %}",
  body: { nodes },
  ...more,
});

describe("a map over 10,000 items", () => {
  const COUNT = 10_000;
  const input = Array.from({ length: COUNT }, (_, index) => index);

  test("completes fifty at a time, with a log that grows by the item and steps in pages", async () => {
    const call = { id: "call", type: "tool", tool: "echo", with: { n: "{% $item %}" } };
    await publish(server.api, { name: "many", nodes: [each({ concurrency: 50 }, call)] });
    const { id } = await begin(server.api, "many", input);

    const under: number[] = [];
    for (let run = await read(server.api, id); run.endedAt === null; ) {
      const asked = performance.now();
      run = await read(server.api, id);
      under.push(performance.now() - asked);
      expect(run.steps.length).toBeLessThanOrEqual(100);
    }
    const run = await read(server.api, id);

    expect(run).toMatchObject({ status: "succeeded", error: null });
    // What is large is referred to, and read by its id.
    const { $artifact } = run.output as { $artifact: string };
    const { text } = await server.api.get(`/v1/artifacts/${$artifact}/content`);
    expect(text === JSON.stringify(input.map((n) => ({ n })))).toBe(true);
    // Each reading while the map is under way, but for those that the machine itself held up.
    expect(summary(under).p50).toBeLessThan(1_000);
    // One start and one end for each call, and the map's own.
    expect(run.seq).toBeLessThan(COUNT * 2 + 20);
    const page = succeeded(await server.api.get(`/v1/runs/${id}/steps?limit=200&node=call`));
    const steps = page["data"] as unknown as readonly StepView[];
    expect(steps).toHaveLength(200);
    expect(steps[0]).toMatchObject({ node: "call", scope: "each.1:0", id: "each.1:0.call.1" });
    expect(page["nextCursor"]).not.toBeNull();
  }, 120_000);
});

describe("a map", () => {
  test("goes on after a crash with the items that were under way, under the keys they had", async () => {
    const call = { id: "call", type: "tool", tool: "work", with: { n: "{% $item %}" } };
    await publish(server.api, { name: "crash-map", nodes: [each({ concurrency: 4 }, call)] });
    const { promise: open, resolve: release } = Promise.withResolvers<void>();
    tools.on("/work", async ({ body }) => {
      if ((body as { n: number }).n >= 2) await open;
      return { status: 200, body: body as JsonObject };
    });
    const { id } = await begin(server.api, "crash-map", [0, 1, 2, 3, 4, 5, 6, 7]);
    await expect.poll(() => tools.callsOf("/work").length).toBe(6);

    await server.kill();
    release();
    await server.start();
    const run = await ended(server.api, id);

    expect(run.output).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ n })));
    const keys = new Map<number, Set<string>>();
    for (const { body, key } of tools.callsOf("/work")) {
      const { n } = body as { n: number };
      keys.set(n, (keys.get(n) ?? new Set()).add(key ?? ""));
    }
    expect([...keys.values()].map((of) => of.size)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(new Set([...keys.values()].flatMap((of) => [...of])).size).toBe(8);
  });

  test("of waits is told of item by item, and answered by key", async () => {
    const hold = { id: "hold", type: "wait", event: { name: "go", key: "{% $item %}" } };
    await publish(server.api, { name: "wait-map", nodes: [each({}, hold)] });
    const { id } = await begin(server.api, "wait-map", ["x", "y"]);
    const run = await reaches(server.api, id, "waiting");
    expect(run.waitingOn).toMatchObject([
      { kind: "event", key: "x", node: "hold", step: "each.1:0.hold.1" },
      { kind: "event", key: "y", node: "hold", step: "each.1:1.hold.1" },
    ]);

    await server.api.post(`/v1/runs/${id}/signals`, { name: "go", key: "y", payload: "Y" });
    await server.api.post(`/v1/runs/${id}/signals`, { name: "go", key: "x", payload: "X" });

    expect((await ended(server.api, id)).output).toEqual(["X", "Y"]);
  });

  test("has a verified record, and events that name the item", async () => {
    const say = { id: "say", type: "set", with: "{% $key & '=' & $string($item) %}" };
    await publish(server.api, { name: "object-map", nodes: [each({}, say)] });
    const { id } = await begin(server.api, "object-map", { a: 1, b: 2 });

    expect((await ended(server.api, id)).output).toEqual({ a: "a=1", b: "b=2" });
    const events = await eventsOf(server.api, id);
    expect(events.find(({ data }) => data["step"] === "each.1:1.say.1")?.data["node"]).toBe("say");
    const verified = await server.api.get(`/v1/runs/${id}/ledger/verify`);
    expect(verified.body).toMatchObject({ ok: true });
  });
});
