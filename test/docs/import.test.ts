import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DIALECTS } from "../../core/import/dialects.ts";
import { ROOT } from "../architecture/source.ts";
import { examplesIn, play } from "./workflow-examples.ts";

const examples = examplesIn(readFileSync(`${ROOT}/docs/import.md`, "utf8"));

describe("the page on imports", () => {
  test("shows a process", () => {
    expect(examples.map(({ name }) => name)).toEqual(["Expense"]);
  });

  test.each(examples)("tells the truth about the process $name", async (example) => {
    const imported = DIALECTS.process({ document: example.document });
    if (!imported.ok) throw new Error(JSON.stringify(imported.refused));
    const { document } = imported;

    const { wrong } = await play({ ...example, name: document["name"] as string, document });

    expect(wrong).toEqual([]);
    expect(imported.warnings).toEqual([]);
  });
});
