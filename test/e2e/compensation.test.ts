import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterView } from "../../core/engine/dead-letter-view.ts";
import { succeeded } from "../../scripts/support/client.ts";
import {
  begin,
  ended,
  eventsOf,
  expectRefused,
  publish,
  reaches,
  read,
  registerTool,
  start,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

const undo = (id: string, tool: string, of: string) => ({
  id,
  type: "tool",
  tool,
  with: { run: "{% $run.id %}", of: `{% $steps.${of}.output.number %}` },
  retry: { maxAttempts: 2, backoff: { initial: "PT0S", jitter: "none" } },
});
const call = (id: string, tool = id, more = {}) => ({
  id,
  type: "tool",
  tool,
  with: { run: "{% $run.id %}" },
  retry: { maxAttempts: 1 },
  ...more,
});

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  for (const tool of ["hotel", "flight", "pay", "leave", "refund"]) {
    await registerTool(server.api, tools, tool);
  }
  await publish(server.api, {
    name: "trip",
    nodes: [
      call("hotel", "hotel", { compensate: "leave" }),
      call("flight", "flight", { compensate: "refund" }),
      call("pay"),
      undo("leave", "leave", "hotel"),
      undo("refund", "refund", "flight"),
    ],
    edges: [
      { from: "hotel", to: "flight" },
      { from: "flight", to: "pay" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const callsOf = (path: string, id: string) =>
  tools.callsOf(path).filter(({ body }) => (body as { run?: string }).run === id);
const works = () => {
  for (const tool of ["pay", "leave", "refund"]) tools.on(`/${tool}`, tools.effectOnce);
};

describe("C14: what a run did is undone", () => {
  test("in reverse order when it fails, each with what its step came to, and shown", async () => {
    works();
    tools.on("/pay", () => ({ status: 402 }));

    const { id } = await begin(server.api, "trip");
    const run = await ended(server.api, id);

    expect(run).toMatchObject({ status: "failed", error: { code: "HTTP_402", node: "pay" } });
    expect(run.steps.map((step) => `${step.id} ${step.status}`)).toEqual([
      "hotel.1 succeeded",
      "flight.1 succeeded",
      "pay.1 failed",
      "refund.1 succeeded",
      "leave.1 succeeded",
    ]);
    const events = await eventsOf(server.api, id);
    const phase = events.find(({ data }) => data["phase"] === "compensating");
    expect(phase).toMatchObject({ type: "run.running", data: { error: { code: "HTTP_402" } } });
    expect(events.at(-1)?.type).toBe("run.failed");
    const retried = await server.api.post(`/v1/runs/${id}/retry`, {});
    expectRefused(retried, 409, "RUN_NOT_FAILED");
  });

  test("when it is cancelled with compensate, through kill -9, each once", async () => {
    works();
    tools.on("/pay", () => "hang");
    const before = tools.callsOf("/pay").length;
    const { id } = await begin(server.api, "trip");
    await tools.arrived("/pay", before + 1);
    tools.on("/refund", () => "hang");
    const refunds = tools.callsOf("/refund").length;

    const body = { reason: "ordered twice", compensate: true };
    const answer = await server.api.post(`/v1/runs/${id}/cancel`, body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ status: "running", phase: "compensating" });
    await tools.arrived("/refund", refunds + 1);
    await server.kill();
    works();
    await server.start();

    const run = await reaches(server.api, id, "cancelled");
    expect(run.error).toBeNull();
    expect(new Set(callsOf("/refund", id).map(({ key }) => key)).size).toBe(1);
    expect(callsOf("/leave", id)).toHaveLength(1);
    const last = (await eventsOf(server.api, id)).at(-1);
    expect(last).toMatchObject({ type: "run.cancelled", data: { reason: "ordered twice" } });
  });

  test("as far as it can be: what cannot is a dead letter, and the rest is undone", async () => {
    works();
    tools.on("/pay", () => ({ status: 402 }));
    tools.on("/refund", () => ({ status: 503 }));

    const { id } = await begin(server.api, "trip");
    await ended(server.api, id);

    expect(callsOf("/refund", id)).toHaveLength(2);
    expect(callsOf("/leave", id)).toHaveLength(1);
    const page = succeeded(await server.api.get(`/v1/dead-letters?run=${id}&kind=compensation`));
    const [letter, ...others] = page["data"] as unknown as readonly DeadLetterView[];
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ node: "refund", attempts: 2, error: { code: "HTTP_503" } });
    const redriven = await server.api.post(`/v1/dead-letters/${letter?.id}/redrive`);
    expectRefused(redriven, 409, "DEAD_LETTER_CLOSED");
    const reason = { reason: "refunded by hand" };
    const discarded = await server.api.post(`/v1/dead-letters/${letter?.id}/discard`, reason);
    expect(discarded.body).toMatchObject({ status: "discarded", ...reason });
  });

  test("not at all when it is cancelled without it", async () => {
    works();
    tools.on("/pay", () => "hang");
    const before = tools.callsOf("/pay").length;
    const { id } = await begin(server.api, "trip");
    await tools.arrived("/pay", before + 1);

    const answer = await server.api.post(`/v1/runs/${id}/cancel`, {});
    works();
    await start(server.api, "trip");

    expect(answer.body["status"]).toBe("cancelled");
    expect(callsOf("/refund", id)).toEqual([]);
    expect((await read(server.api, id)).status).toBe("cancelled");
  });
});
