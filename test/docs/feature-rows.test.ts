import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const FOLDERS = ["e2e", "wire/scenario", "local", "lambdas", "http", "client"];

/** Rows of the capability table that have to have a test by their id. */
const numbered = (letter: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);
const ROWS = [
  ...numbered("A", 3, 17),
  ...numbered("C", 1, 14),
  ...numbered("F", 1, 13),
  ...numbered("F", 15, 17),
  ...numbered("G", 3, 8),
  "H1",
  "H2",
  "H3",
  "H11",
  "H13",
];

/** The names of tests and groups of tests, from where they are written. */
function namesIn(folder: string): readonly string[] {
  const root = join(import.meta.dirname, "..", folder);
  const files = readdirSync(root).filter((file) => file.endsWith(".test.ts"));
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8");
    const calls = source.matchAll(/\b(?:test|it|describe)(?:\.\w+)*\(\s*(?:"([^"]*)"|`([^`]*)`)/g);
    return [...calls].map(([, plain, template]) => plain ?? template ?? "");
  });
}

test("Each capability that is promised over HTTP has a test that names its row", () => {
  const names = FOLDERS.flatMap(namesIn).join("\n");
  const missing = ROWS.filter((row) => !new RegExp(`\\b${row}\\b`).test(names));

  expect(missing).toEqual([]);
});
