import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { begin, ended, publish, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const HOSTILE: readonly (readonly [name: string, code: string, error: string])[] = [
  ["loop", "for (;;);", "TIMEOUT"],
  ["gigabyte", "const all = []; for (;;) all.push(new Uint8Array(1e6))", "SCRIPT_OUT_OF_MEMORY"],
  ["large", "return 'x'.repeat(5e6)", "OUTPUT_TOO_LARGE"],
  ["process", "return process.env", "SCRIPT_ERROR"],
  ["import", "return import('node:fs')", "SCRIPT_ERROR"],
  ["getter", "return { get a() { for (;;); } }", "TIMEOUT"],
  ["generator", "return [...(function* () { for (;;) yield 1 })()]", "SCRIPT_OUT_OF_MEMORY"],
  ["message", "throw new Error('x'.repeat(5e6))", "SCRIPT_ERROR"],
];

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  for (const [name, code] of HOSTILE) {
    await publish(server.api, { name, nodes: [{ id: "s", type: "script", code }] });
  }
  await publish(server.api, {
    name: "sum",
    nodes: [{ id: "s", type: "script", with: "{% $input %}", code: "return input.a + input.b" }],
  });
});

afterAll(() => server.close());

async function memory(): Promise<number> {
  const stats = succeeded(await server.api.get("/dev/stats"));
  return (stats as unknown as { memory: { rss: number } }).memory.rss;
}

describe("a script", () => {
  test.each(HOSTILE)(
    "that is hostile (%s) fails its run, and nothing else",
    async (name, _, code) => {
      const run = await start(server.api, name);

      expect(run).toMatchObject({ status: "failed", error: { code, node: "s" } });
      expect(run.error?.message.length).toBeLessThan(2_000);
      expect(await start(server.api, "sum", { a: 1, b: 2 })).toMatchObject({ output: 3 });
    },
  );

  test("beside another tenant's: endless loops do not keep it waiting", async () => {
    const other = await server.tenant();
    await publish(other.api, {
      name: "sum",
      nodes: [{ id: "s", type: "script", with: "{% $input %}", code: "return input.a + input.b" }],
    });
    const loops = Array.from({ length: 4 }, () => begin(server.api, "loop"));
    const sum = await start(other.api, "sum", { a: 1, b: 2 });
    const begun = await Promise.all(loops);
    const looping = await Promise.all(begun.map(({ id }) => ended(server.api, id)));

    expect(sum).toMatchObject({ status: "succeeded", output: 3 });
    for (const { endedAt, error } of looping) {
      expect(error).toMatchObject({ code: "TIMEOUT" });
      expect(endedAt).not.toBeNull();
    }
    const last =
      looping
        .map(({ endedAt }) => endedAt ?? "")
        .toSorted()
        .at(-1) ?? "";
    expect((sum.endedAt ?? "") < last, "before the last of the loops").toBe(true);
  });

  test("that wants a gigabyte again and again leaves the process as small as it was", async () => {
    await start(server.api, "gigabyte");
    const before = await memory();
    for (let n = 0; n < 10; n++) await start(server.api, "gigabyte");

    expect((await memory()) - before).toBeLessThan(200 * 1024 * 1024);
  });

  test("that is malformed is refused when it is published", async () => {
    const answer = await server.api.post("/v1/workflows", {
      name: "malformed",
      nodes: [{ id: "s", type: "script", code: "return ((" }],
    });

    expect(answer.status).toBe(400);
    expect(answer.body["errors"]).toMatchObject([
      { path: "nodes[0].code", code: "INVALID_SCRIPT" },
    ]);
  });
});
