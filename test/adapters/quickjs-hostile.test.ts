import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { quickjsSandbox } from "../../adapters/sandbox/quickjs-sandbox.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { ScriptResult } from "../../core/ports/sandbox.ts";

const here = quickjsSandbox({ processes: 0 });
const MESSAGE_LENGTH_MAX = 1_000;

function run(code: string, timeoutMs = 100) {
  return here.run({ tenant: "a", code, input: {}, timeoutMs });
}

afterEach(async () => {
  const next = await run("return [1].map((n) => n + 1)", 1_000);
  if (JSON.stringify(next) !== '{"ok":true,"output":[2]}') {
    throw new Error(`the next script comes to ${JSON.stringify(next)}`);
  }
});

test.each([
  ["a generator without an end", "for (const x of (function* () { for (;;) yield 1 })());"],
  [
    "a generator that will not be left",
    "for (const x of (function* () { try { yield 1 } finally { for (;;); } })()) break",
  ],
  ["a getter in what is returned", "return { get a() { for (;;); } }"],
  ["toJSON of what is returned", "return { toJSON() { for (;;); } }"],
  ["a proxy that is returned", "return new Proxy({}, { ownKeys() { for (;;); } })"],
  ["a message that is worked out", "throw { get message() { for (;;); } }"],
  ["an error that is a proxy", "throw new Proxy(new Error('a'), { get() { for (;;); } })"],
  [
    "a text of an error that is worked out",
    "throw { toString() { for (;;); }, toJSON() { for (;;); } }",
  ],
  ["a regular expression", "return /(x+x+)+y/.test('x'.repeat(60))"],
  ["a class", "class A { static { for (;;); } }"],
  ["code that closes the function around it", "}); for (;;); (function () {"],
])("%s takes no longer than a script may", async (_, code) => {
  expect(await run(code)).toMatchObject({ ok: false, reason: "time" });
});

test.each([
  ["a generator that is spread", "return [...(function* () { for (;;) yield 1 })()]"],
  ["a map", "const m = new Map(); for (;;) m.set({}, {})"],
  ["a list of a billion", "return new Array(1e9).fill(1).length"],
  ["a replacement", "return 'x'.repeat(1e6).replace(/x/g, () => 'y'.repeat(50)).length"],
])("%s has no more memory than a script may", async (_, code) => {
  expect(await run(code, 20_000)).toMatchObject({ ok: false, reason: "memory" });
});

test.each([
  ["message", "throw new Error('x'.repeat(5e6))"],
  ["name", "const e = new Error('a'); e.name = 'x'.repeat(5e6); throw e"],
  ["stack", "const e = new Error('a'); e.stack = 'x'.repeat(5e6); throw e"],
  ["cause", "const e = new Error('a'); e.cause = Array(1000).fill('x'.repeat(5e6)); throw e"],
  ["text", "throw 'x'.repeat(5e6)"],
  ["list", "throw Array(1e5).fill('xxxxxxxxxx')"],
])("an error with a giant %s is told in few words", async (_, code) => {
  const done = await run(code, 20_000);

  expect(done).toMatchObject({ ok: false, reason: "threw", message: expect.any(String) });
  expect("message" in done && done.message.length).toBeLessThanOrEqual(MESSAGE_LENGTH_MAX);
});

test.each<[string, string, Json]>([
  [
    "threads",
    "return [typeof SharedArrayBuffer, typeof Worker, typeof WebAssembly]",
    ["function", "undefined", "undefined"],
  ],
  ["its global", "return new Function('return this')().process ?? null", null],
  ["the input's prototype", "input.__proto__.polluted = 1; return [{}.polluted]", [1]],
  ["the globals", "globalThis.JSON = globalThis.Function = globalThis.Promise = null; return 1", 1],
  ["promises, which nobody waits for", "Promise.resolve().then(() => { for (;;); }); return 1", 1],
])("a script that plays with %s hurts itself alone", async (_, code, output) => {
  expect(await run(code, 1_000)).toEqual({ ok: true, output });
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("Work that the engine cannot interrupt costs its process, and nobody else anything", async () => {
  const sandbox = quickjsSandbox({ processes: 1, graceMs: 200 });
  const long = { tenant: "a", code: "return Array(2 ** 31).join('x')", input: null };

  expect(await sandbox.run({ ...long, timeoutMs: 100 })).toMatchObject({ reason: "time" });
  const next = await sandbox.run({ tenant: "b", code: "return 1", input: null, timeoutMs: 5_000 });
  expect(next).toEqual({ ok: true, output: 1 });
});

test("A gigabyte again and again leaves the process that runs it as small as it was", async () => {
  const gigabyte = () => run("const all = []; for (;;) all.push(new Uint8Array(1e6))", 1_000);
  await gigabyte();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 20; n++) expect(await gigabyte()).toMatchObject({ reason: "memory" });

  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
});

describe("a script whose process ends under it", () => {
  const children: ChildProcess[] = [];
  const started = (message: unknown) =>
    void children.push((message as { process: ChildProcess }).process);

  beforeEach(() => subscribe("child_process", started));
  afterEach(() => {
    unsubscribe("child_process", started);
    children.length = 0;
  });

  async function killed(times: number): Promise<ScriptResult> {
    const sandbox = quickjsSandbox({ processes: 1 });
    const code = "let n = 0; while (n < 3e6) n++; return n";
    const done = sandbox.run({ tenant: "a", code, input: null, timeoutMs: 20_000 });
    for (let n = 0; n < times; n++) {
      await vi.waitUntil(() => children.length > n, { timeout: 20_000 });
      children[n]?.kill("SIGKILL");
    }
    const result = await done;
    const after = { tenant: "a", code: "return 1", input: null, timeoutMs: 5_000 };
    expect(await sandbox.run(after)).toEqual({ ok: true, output: 1 });
    return result;
  }

  test("once: is run again in another", async () => {
    expect(await killed(1)).toEqual({ ok: true, output: 3e6 });
  });

  test("twice: is what ends them, as far as anybody can tell", async () => {
    expect(await killed(2)).toEqual({
      ok: false,
      reason: "memory",
      message: "the script ended the process that ran it, twice (SIGKILL)",
    });
  });

  test("and while no script runs: nobody notices", async () => {
    const sandbox = quickjsSandbox({ processes: 1 });
    const script = { tenant: "a", code: "return 1", input: null, timeoutMs: 5_000 };
    await sandbox.run(script);
    children[0]?.kill("SIGKILL");

    expect(await sandbox.run(script)).toEqual({ ok: true, output: 1 });
  });
});
