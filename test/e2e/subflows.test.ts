import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { JsonClient } from "../../scripts/support/client.ts";
import { begin, ended, eventually, publish, reaches, read, registerTool } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;
let api: JsonClient;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  ({ api } = server);
  await publish(api, {
    name: "leaf",
    nodes: [{ id: "ask", type: "wait", event: { name: "go" } }],
    output: { said: "{% $steps.ask.output %}", of: "{% $input.n %}" },
  });
  await publish(api, {
    name: "middle",
    nodes: [{ id: "down", type: "subflow", workflow: "leaf", with: { n: "{% $input.n + 1 %}" } }],
  });
  await publish(api, {
    name: "top",
    nodes: [{ id: "down", type: "subflow", workflow: "middle", with: { n: 1 } }],
    output: { child: "{% $steps.down.output %}" },
  });
});

afterAll(async () => {
  await server.close();
  tools.close();
});

async function childOf(parent: string): Promise<RunView> {
  const id = await eventually(`a child of ${parent}`, async () => {
    const { data } = (await api.get(`/v1/runs?parent=${parent}`)).body;
    return (data as unknown as { id: string }[])[0]?.id;
  });
  return read(api, id);
}

/** A run of three levels, once the lowest waits. */
async function threeLevels() {
  const top = await begin(api, "top");
  const middle = await childOf(top.id);
  const leaf = await childOf(middle.id);
  await reaches(api, leaf.id, "waiting");
  return { top: top.id, middle: middle.id, leaf: leaf.id };
}

describe("runs of three levels (G25)", () => {
  test("wait for each other, say for whom, and go on by themselves (G22, G24)", async () => {
    const { top, middle, leaf } = await threeLevels();

    await reaches(api, top, "waiting");
    expect((await read(api, top)).waitingOn).toMatchObject([{ kind: "child", run: middle }]);
    expect((await read(api, middle)).waitingOn).toMatchObject([{ kind: "child", run: leaf }]);
    expect(await read(api, leaf)).toMatchObject({ parent: middle, input: { n: 2 } });

    await api.post(`/v1/runs/${leaf}/signals`, { name: "go", payload: "yes" });

    expect(await ended(api, top)).toMatchObject({
      status: "succeeded",
      output: { child: { said: "yes", of: 2 } },
    });
  });

  test("are cancelled from the top down, and nothing of them waits any more (A15)", async () => {
    const { top, middle, leaf } = await threeLevels();

    await api.post(`/v1/runs/${top}/cancel`, { reason: "enough" });

    for (const id of [top, middle, leaf]) await reaches(api, id, "cancelled");
    expect((await read(api, leaf)).waitingOn).toEqual([]);
    const late = await api.post(`/v1/runs/${leaf}/signals`, { name: "go" });
    expect(late).toMatchObject({ status: 409, body: { code: "RUN_ENDED" } });
  });

  test("are paused and resumed together", async () => {
    const { top, middle, leaf } = await threeLevels();

    await api.post(`/v1/runs/${top}/pause`);
    for (const id of [top, middle, leaf]) await reaches(api, id, "paused");
    await api.post(`/v1/runs/${leaf}/signals`, { name: "go", payload: 1 });
    expect((await read(api, leaf)).status).toBe("paused");
    await api.post(`/v1/runs/${top}/resume`);

    expect((await ended(api, top)).status).toBe("succeeded");
  });

  test("go on after kill -9 with the lowest at work, whose call keeps its key", async () => {
    let isOpen = false;
    tools.on("/work", () => (isOpen ? { body: { done: true } } : "hang"));
    await registerTool(api, tools, "work");
    await publish(api, { name: "works", nodes: [{ id: "call", type: "tool", tool: "work" }] });
    await publish(api, {
      name: "over",
      nodes: [{ id: "down", type: "subflow", workflow: "works" }],
    });
    await publish(api, {
      name: "above",
      nodes: [{ id: "down", type: "subflow", workflow: "over" }],
    });
    const { id } = await begin(api, "above");
    await expect.poll(() => tools.callsOf("/work").length).toBe(1);

    await server.kill();
    isOpen = true;
    await server.start();

    expect(await ended(api, id)).toMatchObject({ status: "succeeded", output: { done: true } });
    expect(new Set(tools.callsOf("/work").map(({ key }) => key)).size).toBe(1);
  });
});

describe("a child", () => {
  test("that fails fails its parent, which names it; a retry goes on from there (A17)", async () => {
    let isOpen = false;
    tools.on("/mended", () => (isOpen ? { body: 1 } : { status: 400 }));
    await registerTool(api, tools, "mended");
    await publish(api, { name: "breaks", nodes: [{ id: "call", type: "tool", tool: "mended" }] });
    await publish(api, {
      name: "relies",
      nodes: [{ id: "down", type: "subflow", workflow: "breaks" }],
    });
    const { id } = await begin(api, "relies");
    const failed = await ended(api, id);
    const child = await childOf(id);

    expect(failed).toMatchObject({ status: "failed", error: { code: "CHILD_FAILED" } });
    expect(JSON.stringify(failed.error)).toContain(child.id);
    isOpen = true;
    await api.post(`/v1/runs/${id}/retry`);
    await reaches(api, id, "succeeded");
    expect((await read(api, child.id)).status).toBe("succeeded");
  });

  test("that is not waited for goes on by itself (G23)", async () => {
    await publish(api, {
      name: "sends-off",
      nodes: [{ id: "off", type: "subflow", workflow: "leaf", with: { n: 7 }, mode: "async" }],
    });
    const { id } = await begin(api, "sends-off");
    const run = await ended(api, id);
    const { runId } = run.output as { runId: string };

    await reaches(api, runId, "waiting");
    await api.post(`/v1/runs/${runId}/signals`, { name: "go", payload: "later" });
    expect(await ended(api, runId)).toMatchObject({ output: { said: "later", of: 7 }, parent: id });
  });

  test("of a workflow that is not there is refused when it is published (G27)", async () => {
    const nodes = [{ id: "down", type: "subflow", workflow: "nowhere" }];
    const fixed = await api.post("/v1/workflows", { name: "lost", nodes });
    expect(fixed.body).toMatchObject({ errors: [{ path: "nodes[0].workflow" }] });

    const computed = [{ id: "down", type: "subflow", workflow: "{% $input.name %}" }];
    await publish(api, { name: "computed", nodes: computed });
    const { id } = await begin(api, "computed", { name: "nowhere" });
    expect(await ended(api, id)).toMatchObject({ error: { code: "CHILD_NOT_FOUND" } });
  });
});
