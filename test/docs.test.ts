import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allSources, ROOT } from "./architecture/source.ts";
import {
  allDocuments,
  brokenLinks,
  documentOf,
  machinePaths,
  missingConstants,
  missingPaths,
  repeatedHeadings,
} from "./docs/document.ts";

const documents = allDocuments();
const named = (path: string) => {
  const found = documents.find((document) => document.path === path);
  if (!found) throw new Error(`${path} is not there`);
  return found;
};

describe("the documents", () => {
  test("link to files and headings that exist", () => {
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });

  test("name files and folders that exist", () => {
    expect(documents.flatMap(missingPaths)).toEqual([]);
  });

  test("have one title each, first of all, and no heading twice", () => {
    for (const { path, headings } of documents) {
      expect(headings[0]?.level, path).toBe(1);
      expect(
        headings.filter(({ level }) => level === 1),
        path,
      ).toHaveLength(1);
    }
    expect(documents.flatMap(repeatedHeadings)).toEqual([]);
  });

  test("name no path of anyone's machine", () => {
    expect(documents.flatMap(machinePaths)).toEqual([]);
  });

  test("give each limit the constant that keeps it", () => {
    const limits = named("docs/limits.md");

    expect(limits.text).toMatch(/`[\w./-]+\.ts` `\w+` \|/);
    expect(missingConstants(limits)).toEqual([]);
  });
});

describe("the architecture document", () => {
  test("has every folder that has code on its map", () => {
    const map = named("ARCHITECTURE.md").text;
    const folders = new Set(
      allSources().flatMap(({ path }) => {
        const [top, second, third] = path.split("/");
        if (second === undefined) return [];
        const nested = (top === "core" || top === "adapters") && third !== undefined;
        return [nested ? `${top}/${second}/` : `${top}/`];
      }),
    );

    expect([...folders].filter((folder) => !map.includes(`| \`${folder}\` |`))).toEqual([]);
  });
});

describe("the decisions", () => {
  const records = documents.filter(({ path }) => path.startsWith("docs/decisions/"));

  test("are numbered from 1 without a gap, and begin with their number", () => {
    const numbers = records.map(({ path }) => path.slice("docs/decisions/".length).slice(0, 4));

    expect(numbers).toEqual(records.map((_, index) => String(index + 1).padStart(4, "0")));
    for (const [index, { headings }] of records.entries()) {
      expect(headings[0]?.title).toMatch(new RegExp(`^${numbers[index]}: `));
    }
    expect(readdirSync(`${ROOT}/docs/decisions`)).toHaveLength(records.length);
  });

  test("each say the context, the choice and its cost, in that order", () => {
    for (const { path, headings } of records) {
      const sections = headings.filter(({ level }) => level === 2).map(({ title }) => title);
      expect(sections, path).toEqual(["Context", "Choice", "Cost"]);
    }
  });
});

describe("these checks", () => {
  test("find a link that leads nowhere, and let one pass that leads somewhere", () => {
    const links = [
      "[a](missing.md) [b](../LICENSE) [c](#here) [d](#not-here) [e](https://example.com/x)",
      "[f](../CONTRIBUTING.md#what-a-change-touches) [g](../CONTRIBUTING.md#nothing)",
    ];
    const document = documentOf("docs/x.md", `# X\n\n## Here!\n\n${links.join("\n")}\n`);

    expect(brokenLinks(document)).toEqual([
      "docs/x.md links to missing.md",
      "docs/x.md links to #not-here",
      "docs/x.md links to ../CONTRIBUTING.md#nothing",
    ]);
  });

  test("find a file that is not there, and leave alone what is no file of ours", () => {
    const code = "`core/kernel/gone.ts` `core/ports/` `GET /v1/runs` `old.md` `a/b.ts` `x.y`";

    expect(missingPaths(documentOf("docs/x.md", code))).toEqual([
      "docs/x.md names core/kernel/gone.ts",
      "docs/x.md names old.md",
    ]);
  });

  test("find a constant that its file does not have", () => {
    const rows = "| a | 1 | `core/ports/fault.ts` `Fault` |\n| b | 2 | `core/ports/fault.ts` `X` |";

    expect(missingConstants(documentOf("docs/limits.md", rows))).toEqual([
      "core/ports/fault.ts has no X",
    ]);
  });

  test("find a heading twice, but not what looks like one in a block of code", () => {
    const twice = documentOf("docs/x.md", "# A\n\n## B\n\n```\n## B\n```\n\n## b\n");

    expect(repeatedHeadings(twice)).toEqual(['docs/x.md has two headings "b"']);
  });
});
