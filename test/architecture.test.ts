import { describe, expect, test } from "vitest";
import { impuritiesIn } from "./architecture/purity.ts";
import { strangersIn } from "./architecture/rings.ts";
import { allSources, sourceOf } from "./architecture/source.ts";
import { RULES } from "./architecture/tidy.ts";

const sources = allSources();

describe("the ring", () => {
  test("is kept: every file imports only what its folder may", () => {
    expect(sources.flatMap(strangersIn)).toEqual([]);
  });

  test("has a kernel that asks nothing of the world", () => {
    const kernel = sources.filter(({ path }) => path.startsWith("core/kernel/"));

    expect(kernel.length).toBeGreaterThan(0);
    expect(kernel.flatMap(impuritiesIn)).toEqual([]);
  });

  test.each([
    ["core/kernel/run.ts", `import { open } from "../store/run-log.ts";`, "../store/run-log.ts"],
    ["core/kernel/run.ts", `import jsonata from "jsonata";`, "jsonata"],
    ["core/kernel/run.ts", `import { hash } from "node:crypto";`, "node:crypto"],
    ["core/kernel/run.ts", `export { x } from "zod";`, "zod"],
    ["core/kernel/run.ts", `export * from "../engine/handle.ts";`, "../engine/handle.ts"],
    ["core/kernel/run.ts", `const x = await import("node:fs");`, "node:fs"],
    ["core/kernel/run.ts", `const x = (name: string) => import(name);`, "(computed)"],
    ["core/kernel/run.ts", `type X = import("../ports/table.ts").Item;`, "../ports/table.ts"],
    ["core/ports/table.ts", `import { fold } from "../kernel/evolve.ts";`, "../kernel/evolve.ts"],
    ["core/store/run-log.ts", `import { drive } from "../engine/drive.ts";`, "../engine/drive.ts"],
    ["core/engine/handle.ts", `import type { X } from "@aws-sdk/client-dynamodb";`, "@aws-sdk/"],
    ["core/contract/runs.ts", `import type { Run } from "../kernel/run.ts";`, "../kernel/run.ts"],
    ["adapters/sqlite/x.ts", `import { y } from "../aws/y.ts";`, "../aws/y.ts"],
    ["adapters/sqlite/x.ts", `import { z } from "ipaddr.js";`, "ipaddr.js"],
    ["adapters/sqlite/x.ts", `import { ok } from "../../core/engine/refusal.ts";`, "refusal.ts"],
    ["adapters/models/x.ts", `import { z } from "airtable";`, "airtable"],
    ["local/main.ts", `import { x } from "../adapters/aws/dynamo-table.ts";`, "dynamo-table.ts"],
    ["client/client.ts", `import { Run } from "../core/contract/runs.ts";`, "runs.ts"],
    ["client/client.ts", `import { handle } from "../core/engine/handle.ts";`, "handle.ts"],
    ["adapters/carrier-pigeon/x.ts", "export const x = 1;", "lives in no ring"],
  ])("would break if %s held: %s", (path, text, stranger) => {
    expect(strangersIn(sourceOf(path, text)).join("\n")).toContain(stranger);
  });

  test.each([
    ["core/kernel/expression.ts", `import jsonata from "jsonata";`],
    ["core/ports/models.ts", `import type { Json } from "../kernel/json.ts";`],
    ["core/engine/drive.ts", `import { load } from "../store/run-log.ts";`],
    ["adapters/models/x.ts", `import { generateText } from "ai";`],
    ["adapters/aws/x.ts", `import type { Result } from "../../core/engine/refusal.ts";`],
    ["scripts/demo.ts", `import { spawn } from "node:child_process"; import "../local/main.ts";`],
  ])("allows %s: %s", (path, text) => {
    expect(strangersIn(sourceOf(path, text))).toEqual([]);
  });

  test.each([
    "const at = Date.now();",
    "const at = new Date();",
    "const at = Date();",
    `const at = Date["now"]();`,
    "const roll = Math.random();",
    "const id = crypto.randomUUID();",
    "const home = process.env;",
    "const now = globalThis.Date.now();",
    "const { process } = globals; process.exit();",
    `await fetch("https://example.com");`,
    "setTimeout(() => {}, 1);",
    "const wait = setTimeout;",
    "const sorted = names.toSorted((a, b) => a.localeCompare(b));",
  ])("finds a kernel that asks the world: %s", (text) => {
    expect(impuritiesIn(sourceOf("core/kernel/x.ts", text))).not.toEqual([]);
  });

  test.each([
    "const at = new Date(instant).toISOString();",
    "const ms = Date.parse(text) + Date.UTC(2026, 0, 1);",
    "const x = run.process; const y = { process: 1, fetch: 2 };",
    "type Options = { crypto: string; timeout: number };",
    "const value = await expression.evaluate(input);",
  ])("lets the kernel say: %s", (text) => {
    expect(impuritiesIn(sourceOf("core/kernel/x.ts", text))).toEqual([]);
  });
});

describe("every file", () => {
  test.each(RULES.map(({ name, check }) => ({ name, check })))("$name", ({ check }) => {
    expect(sources.flatMap(check)).toEqual([]);
  });

  const lines = (count: number) => "x();\n".repeat(count);
  // This file must not contain what it plants.
  const spelled = (...parts: readonly string[]) => parts.join("");

  test.each([
    ["core/a.ts", `// ${"long ".repeat(20)}`, "103 columns"],
    ["core/a.ts", lines(251), "251 lines"],
    ["test/a.test.ts", lines(501), "501 lines"],
    ["core/a.ts", `function f() {\n${lines(49)}}`, "has 51 lines"],
    ["core/a.ts", `const f = () => ({ g() {\n${lines(49)}} });`, "has 51 lines"],
    ["core/a.ts", spelled("// TO", "DO: the rest"), "says"],
    ["core/a.ts", spelled("throw new Error('not impl", "emented')"), "says"],
    ["core/a.ts", "export default 1;", "default export"],
    ["core/RunLog.ts", "", "kebab-case"],
    ["core/string-utils.ts", "", "says nothing"],
    ["core/common/a.ts", "", "says nothing"],
    ["test/a.test.ts", spelled("test.", "skip('x', () => {});"), "leaves tests out"],
    ["test/a.test.ts", spelled("describe.", "only('x', () => {});"), "leaves tests out"],
    ["test/a.test.ts", `test("it should work", () => {});`, `says "should"`],
    ["test/a.test.ts", "test.each([1])(`should be ${x}`, () => {});", `says "should"`],
    ["core/a.ts", `import { x } from "./b";`, "imports ./b"],
    ["core/a.ts", `export * from "../kernel";`, "imports ../kernel"],
    ["core/a.ts", spelled("const data = '/ho", "me/someone/data';"), "someone's machine"],
  ])("is refused, here %s, for: %s", (path, text, complaint) => {
    const source = sourceOf(path, text);

    expect(RULES.flatMap(({ check }) => check(source)).join("\n")).toContain(complaint);
  });

  test("is welcome when it is long outside, short inside, and says so plainly", () => {
    const inner = `  g() {\n${lines(30)}  },\n`;
    const source = sourceOf(
      "core/run-log.ts",
      `// See https://example.com/${"x".repeat(100)}\nexport function f() { return {\n${inner.repeat(3)}}; }`,
    );

    expect(RULES.flatMap(({ check }) => check(source))).toEqual([]);
  });
});
