import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NODE_FIELDS } from "../../core/kernel/node-fields.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import { ROOT } from "../architecture/source.ts";

const NOTHING_KNOWN = { tool: () => false, model: () => false, schemaProblems: () => [] };
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

/** The words in backticks of a cell of a table's row. */
function named(row: string, column: number): readonly string[] {
  const line = readme.split("\n").find((one) => one.startsWith(`| ${row} |`)) ?? "";
  const cell = line.split("|")[column] ?? "";
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

describe("the README", () => {
  test("names the node types that run, all of them", () => {
    expect(new Set(named("node types", 2))).toEqual(new Set(Object.keys(NODE_FIELDS)));
  });

  test("names node types that are refused by their name", () => {
    const refused = named("node types", 3);
    expect(refused.length).toBeGreaterThan(0);

    for (const type of refused) {
      const document = { name: "x", nodes: [{ id: "a", type }] };
      const { errors } = validateWorkflow(document, NOTHING_KNOWN);
      expect(errors, type).toMatchObject([{ path: "nodes[0].type", code: "NOT_SUPPORTED" }]);
    }
  });

  test("names every variable that the server reads", () => {
    const sources = ["local/settings.ts", "local/serve.ts"].map((path) =>
      readFileSync(join(ROOT, path), "utf8"),
    );
    const read = sources.join("\n").match(/"(HOLDFAST_\w+|PORT|HOST)"/g) ?? [];
    const rows = readme.split("\n").filter((line) => line.startsWith("| `"));
    const told = rows.flatMap((row) => row.match(/`(HOLDFAST_\w+|PORT|HOST)`/g) ?? []);

    expect(new Set(told.map((name) => name.slice(1, -1)))).toEqual(
      new Set(read.map((name) => name.slice(1, -1))),
    );
  });

  test("says first what it is, and then how to see it and how to test it", () => {
    const commands = [...readme.matchAll(/^```console\n(.+)\n```$/gm)].map(
      ([, command]) => command,
    );

    expect(commands.slice(0, 2)).toEqual(["npm ci && npm run demo", "npm test"]);
    expect(readme.indexOf("```")).toBeGreaterThan(readme.indexOf("Holdfast runs"));
  });
});
