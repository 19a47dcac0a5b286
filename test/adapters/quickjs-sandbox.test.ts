import { describe, expect, test } from "vitest";
import { quickjsSandbox } from "../../adapters/sandbox/quickjs-sandbox.ts";
import type { Json } from "../../core/kernel/json.ts";

const here = quickjsSandbox({ processes: 0 });
const MEGABYTE = 1024 * 1024;

function run(code: string, input: Json = null, timeoutMs = 1_000) {
  return here.run({ tenant: "a", code, input, timeoutMs });
}

describe("a script", () => {
  test.each<[string, Json, Json]>([
    ["return input.a + input.b", { a: 1, b: 2 }, 3],
    ["", null, null],
    ["return undefined", null, null],
    ["return () => 1", null, null],
    ["return '\\ud800' + input", "\udc00x", "\ud800\udc00x"],
    ["return JSON.parse('{\"__proto__\": 1}')", null, JSON.parse('{"__proto__": 1}') as Json],
    ["JSON.stringify = () => 'x'; return [1]", null, [1]],
    ["return [NaN, this === undefined, typeof require]", null, [null, true, "undefined"]],
    ["return new Map([[1, 2]]).get(1) + Number(2n)", null, 4],
  ])("%s", async (code, input, output) => {
    expect(await run(code, input)).toEqual({ ok: true, output });
  });

  test.each([
    ["throw new Error('no')", "Error: no"],
    ["throw { a: 1 }", '{"a":1}'],
    ["throw null", "null"],
    ["return process.env", "'process' is not defined"],
    ["return require('node:fs')", "'require' is not defined"],
    ["return import('node:fs')", "a script returns no promise"],
    ["return (async () => 1)()", "a script returns no promise"],
    ["import fs from 'node:fs'", "SyntaxError"],
    ["return Date.now()", "'Date' is not defined"],
    ["return Math.random()", "not a function"],
    ["return performance.now()", "'performance' is not defined"],
    ["return fetch('http://localhost')", "'fetch' is not defined"],
    ["const again = () => again(); again()", "stack overflow"],
    ["return 1n", "BigInt"],
  ])("%s: threw", async (code, message) => {
    expect(await run(code)).toMatchObject({ ok: false, reason: "threw" });
    expect(await run(code)).toHaveProperty("message", expect.stringContaining(message));
  });

  test.each([
    ["for (;;);"],
    ["for (;;) { try { for (;;); } catch {} }"],
    ["return /^(a+)+$/.test('a'.repeat(40) + 'b')"],
  ])("%s: takes no longer than it may", async (code) => {
    expect(await run(code, null, 100)).toMatchObject({ ok: false, reason: "time" });
  });

  test.each([
    ["let text = 'x'; for (;;) text += text"],
    ["const all = []; for (;;) all.push(new Uint8Array(1e6))"],
    ["return new Uint8Array(1e9).length"],
    ["const all = []; for (;;) all.push({ all })"],
  ])("%s: has no more memory than it may", async (code) => {
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 5; n++) {
      expect(await run(code, null, 20_000)).toMatchObject({ ok: false, reason: "memory" });
    }

    // A module's memory is 32 MiB; what was thrown away is collected, sooner or later.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MEGABYTE);
    expect(await run("return 1")).toEqual({ ok: true, output: 1 });
  });

  test("returns no more than a megabyte", async () => {
    expect(await run("return 'x'.repeat(5e6)")).toMatchObject({ ok: false, reason: "size" });
    expect(await run(`return 'x'.repeat(${MEGABYTE - 2})`)).toMatchObject({ ok: true });
    expect(await run(`return 'x'.repeat(${MEGABYTE - 1})`)).toMatchObject({ ok: false });
  });

  test("knows nothing of the script before it", async () => {
    await run("globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = null");

    expect(await run("return [typeof left, [1].map((n) => n + 1)]")).toEqual({
      ok: true,
      output: ["undefined", [2]],
    });
  });

  test("is checked without being run", async () => {
    expect(await here.problem("for (;;);")).toBeUndefined();
    expect(await here.problem("return ((")).toContain("SyntaxError");
  });
});

test("Processes: an endless loop of one tenant keeps neither another nor the server waiting", async () => {
  const sandbox = quickjsSandbox({ processes: 2 });
  const ended: string[] = [];
  const scripts = ["a", "a", "a", "b"].map(async (tenant) => {
    const code = tenant === "a" ? "for (;;);" : "return 1";
    const done = await sandbox.run({ tenant, code, input: null, timeoutMs: 500 });
    ended.push(tenant);
    return done;
  });
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const done = await Promise.all(scripts);
  clearInterval(timer);

  expect(ended[0]).toBe("b");
  expect(done).toMatchObject([{ ok: false }, { ok: false }, { ok: false }, { output: 1 }]);
  expect(turns).toBeGreaterThan(20);
});
