import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ended, expectRefused, publish, registerTool, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

const MIB = 1024 * 1024;

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  for (const [name, bytes] of [
    ["two", 2 * MIB],
    ["ten", 10 * MIB],
  ] as const) {
    tools.on(`/${name}`, () => ({ body: { text: "x".repeat(bytes) } }));
    await registerTool(server.api, tools, name);
  }
});

afterAll(async () => {
  await server.close();
  tools.close();
});

const referenced = (value: unknown) => (value as { $artifact: string }).$artifact;

describe("a large value", () => {
  test("is referred to, seen whole by the next step, and proved by its id (G19, G20, G21)", async () => {
    // A function of an expression takes texts of up to a million characters: see the limits.
    await publish(server.api, {
      name: "passes",
      nodes: [
        { id: "fetch", type: "tool", tool: "two", assign: { kept: "{% $output %}" } },
        { id: "same", type: "set", with: "{% $steps.fetch.output.text = $vars.kept.text %}" },
        { id: "again", type: "tool", tool: "echo", with: "{% $vars.kept %}" },
      ],
      output: { same: "{% $steps.same.output %}", document: "{% $steps.again.output %}" },
    });
    const run = await start(server.api, "passes");

    expect(run).toMatchObject({ status: "succeeded", output: { same: true } });
    const shown = await server.api.get(`/v1/runs/${run.id}`);
    expect(shown.text.length).toBeLessThan(100_000);
    const id = referenced((run.output as { document: unknown }).document);
    const { text, headers } = await server.api.get(`/v1/artifacts/${id}/content`);
    expect(headers["content-type"]).toContain("application/json");
    expect(JSON.parse(text)).toEqual({ text: "x".repeat(2 * MIB) });
    expect(createHash("sha256").update(text).digest("hex").slice(0, 32)).toBe(id);
    expect((await server.api.get(`/v1/artifacts/${id}`)).body).toMatchObject({ id, runId: run.id });
    const listed = await server.api.get(`/v1/runs/${run.id}/artifacts`);
    expect(listed.text).toContain(id);
  });

  test("of ten megabytes bloats neither the run nor its events, and outlives kill -9 (G20)", async () => {
    await publish(server.api, {
      name: "keeps",
      nodes: [{ id: "fetch", type: "tool", tool: "ten" }],
    });
    const run = await start(server.api, "keeps");
    await server.killAndStart();

    expect((await ended(server.api, run.id)).status).toBe("succeeded");
    for (const path of ["", "/steps", "/events"]) {
      const { text } = await server.api.get(`/v1/runs/${run.id}${path}`);
      expect(text.length).toBeLessThan(100_000);
    }
    const { text } = await server.api.get(`/v1/artifacts/${referenced(run.output)}/content`);
    expect(text.length).toBeGreaterThan(10 * MIB);
    const { body } = await server.api.get(`/v1/runs/${run.id}/ledger/verify`);
    expect(body["ok"]).toBe(true);
  });

  test("comes with a start, too (A11), and is its tenant's alone (F1)", async () => {
    await publish(server.api, {
      name: "takes",
      nodes: [{ id: "s", type: "set", with: "{% $input %}" }],
    });
    const run = await start(server.api, "takes", { text: "y".repeat(300_000) });
    const other = await server.tenant();

    const id = referenced(run.input);
    expect(referenced(run.output)).toBe(id);
    for (const path of [`/v1/artifacts/${id}`, `/v1/artifacts/${id}/content`]) {
      expect((await server.api.get(path)).status).toBe(200);
      expectRefused(await other.api.get(path), 404, "NOT_FOUND");
    }
    expectRefused(await other.api.get(`/v1/runs/${run.id}/artifacts`), 404, "NOT_FOUND");
  });
});
