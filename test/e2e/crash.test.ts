import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import { begin, ended, eventsOf, publish, read, registerTool } from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolCall, type ToolServer, toolServer } from "../support/tool-server.ts";

const NODES = Array.from({ length: 10 }, (_, index) => `s${index + 1}`);
const KILLS = 20;
const SEED = Number(process.env["E2E_SEED"] ?? Date.now() % 1_000_000);

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "work");
  await publish(server.api, {
    name: "ten",
    nodes: NODES.map((id) => ({
      id,
      type: "tool",
      tool: "work",
      with: { run: "{% $run.id %}", step: id },
    })),
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

test("Runs of ten tool calls end by themselves though the server is killed twenty times (A3, A4), " +
  "and each call has its effect once", { timeout: 60_000 }, async () => {
  const random = seeded(SEED);
  const said = `again with E2E_SEED=${SEED}`;
  // Slow enough that kills find calls in flight, on either side of their effect.
  tools.on("/work", async (call) => {
    await delay(random() * 25);
    const answer = tools.effectOnce(call);
    await delay(random() * 25);
    return answer;
  });

  const ids = [(await begin(server.api, "ten")).id];
  for (let kill = 1; kill <= KILLS; kill++) {
    if (random() < 0.3) {
      // In the middle of a start, too.
      await server.kill();
      server.launch();
      await delay(random() * 300);
    } else await delay(random() * 250);
    await server.killAndStart();
    // There is always a run to hit.
    const { status } = await read(server.api, ids.at(-1) ?? "");
    if (status === "succeeded") ids.push((await begin(server.api, "ten")).id);
  }
  const runs = await Promise.all(ids.map((id) => ended(server.api, id, 30_000)));

  for (const run of runs) await expectOnce(run, said);
  const effects = runs.length * NODES.length;
  expect(tools.effects.size, said).toBe(effects);
  const recoveries = runs.flatMap(({ steps }) => steps).reduce((sum, s) => sum + s.recoveries, 0);
  expect(recoveries, `${said}: kills found calls in flight`).toBeGreaterThan(0);
  expect(recoveries, said).toBeLessThanOrEqual(2 * KILLS);
  // A call is repeated only by a recovery.
  expect(tools.calls.length, said).toBeLessThanOrEqual(effects + recoveries);
});

async function expectOnce(run: RunView, said: string): Promise<void> {
  expect(run.status, `${said}: ${JSON.stringify(run)}`).toBe("succeeded");
  expect(
    run.steps.map((step) => step.node),
    said,
  ).toEqual(NODES);
  const keys = new Map(run.steps.map((step) => [step.node, step.idempotencyKey]));
  expect(new Set(keys.values()).size, said).toBe(NODES.length);
  const calls = tools.calls.filter((call) => called(call).run === run.id);
  for (const call of calls) expect(call.key, said).toBe(keys.get(called(call).step));
  expect(new Set(calls.map(({ key }) => key)), said).toEqual(new Set(keys.values()));
  const outputs = run.steps.map(({ output }) => (output as { done: unknown }).done);
  expect(outputs, said).toEqual(NODES.map((step) => ({ run: run.id, step })));
  for (const step of run.steps) {
    const made = calls.filter(({ key }) => key === step.idempotencyKey).length;
    expect(made, said).toBeLessThanOrEqual(1 + step.recoveries);
    expect(step.attempts, said).toHaveLength(1 + step.recoveries);
  }
  const events = await eventsOf(server.api, run.id);
  expect(
    events.map(({ seq }) => seq),
    said,
  ).toEqual(events.map((_, index) => index + 1));
  const recovered = events.filter(({ data }) => data["recovery"] !== undefined);
  expect(recovered.length, said).toBeGreaterThanOrEqual(
    run.steps.filter((step) => step.recoveries > 0).length,
  );
  const verified = await server.api.get(`/v1/runs/${run.id}/ledger/verify`);
  expect(verified.body, said).toMatchObject({ ok: true, count: events.length, errors: [] });
}

function called(call: ToolCall): { run: string; step: string } {
  return call.body as { run: string; step: string };
}
