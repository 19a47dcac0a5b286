import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { ROOT } from "../architecture/source.ts";
import { ADMIN, house } from "../support/house.ts";
import { examplesIn, play, textOf } from "./workflow-examples.ts";

const text = readFileSync(`${ROOT}/docs/workflow-language.md`, "utf8");
const examples = examplesIn(text);
/** Files of the kernel that say what is wrong with a document, rather than with a run. */
const CHECKS = /^(?:check|validate|map-fields|node-fields).*\.ts$/;

/** The text under a heading, up to the next of its level or above. */
function section(title: string): string {
  const [before = "", ...rest] = text.split(/^(?=#{2,3} )/m).filter(Boolean);
  const found = [before, ...rest].find((part) => part.startsWith(title));
  if (found === undefined) throw new Error(`there is no section "${title}"`);
  return found;
}

function codesIn(part: string): readonly string[] {
  return [...part.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code ?? "");
}

function sourcesOfKernel(): readonly { name: string; source: string }[] {
  const folder = `${ROOT}/core/kernel`;
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ name, source: unquoted(readFileSync(`${folder}/${name}`, "utf8")) }));
}

/** Without messages that quote a code in their text. */
function unquoted(source: string): string {
  return source.replace(/'[^'\n]*"[^'\n]*'/g, "");
}

/** What a migration finds is no code of a run. */
const MIGRATION = "migrate.ts";

function codesOfKernel(isCheck: boolean): readonly string[] {
  return codesOf((name) => name !== MIGRATION && CHECKS.test(name) === isCheck);
}

function codesOf(isWanted: (name: string) => boolean): readonly string[] {
  const sources = sourcesOfKernel().filter(({ name }) => isWanted(name));
  const found = sources.flatMap(
    ({ source }) => source.match(/(?<=")[A-Z]+_?[A-Z_]*[A-Z](?=")/g) ?? [],
  );
  // Of durations and of JSONata's own.
  const others = new Set(["LIMIT_REGEX", "LIMIT_STRING"]);
  return [...new Set(found)].filter((code) => code.length > 3 && !others.has(code)).toSorted();
}

describe("the workflow language", () => {
  test("has an example of each type of node that this version runs", () => {
    const types = examples.flatMap(({ document }) =>
      (document["nodes"] as readonly JsonObject[]).map((node) => textOf(node["type"])),
    );

    expect([...new Set(types)].toSorted()).toEqual(
      "approval ask end form llm map notify rules script set subflow tool wait".split(" "),
    );
  });

  test("tells of each example what happens", () => {
    expect(examples.length).toBeGreaterThan(20);
    expect(examples.filter(({ story }) => story.length < 2)).toEqual([]);
    expect(new Set(examples.map(({ name }) => name)).size).toBe(examples.length);
  });

  test.each(examples)("tells the truth about the example $name", async (example) => {
    const { wrong } = await play(example);

    expect(wrong).toEqual([]);
  });

  test.each(examples)("has an example $name without a warning", async (example) => {
    const { engine } = house();

    expect(await engine.workflows.validate(ADMIN, example.document)).toEqual({
      valid: true,
      errors: [],
      warnings: [],
    });
  });

  test("lists each code of publishing, and no other", () => {
    expect(codesIn(section("## What publishing checks")).toSorted()).toEqual(codesOfKernel(true));
  });

  test("names all that a migration finds", () => {
    const told = section("### Migrating a run");

    expect(codesOf((name) => name === MIGRATION).filter((code) => !told.includes(code))).toEqual(
      [],
    );
  });

  test("lists each code of a run that the kernel itself makes, and no other", () => {
    const listed = codesIn(section("### Codes of the language itself")).toSorted();

    expect(listed).toEqual(codesOfKernel(false));
  });

  const refused = section("## What is refused");
  const [types = ""] = /^\| `type` \| (.*) \|$/m.exec(refused)?.slice(1) ?? [];
  test.each([...types.matchAll(/`(\w+)`/g)].map(([, type]) => type))(
    "refuses nodes of type %s by name",
    async (type) => {
      const document = { name: "refused", nodes: [{ id: "a", type: type ?? "" }] };

      const { errors } = await house().engine.workflows.validate(ADMIN, document);

      expect(errors).toMatchObject([{ path: "nodes[0].type", code: "NOT_SUPPORTED" }]);
    },
  );

  test("refuses a budget by name", async () => {
    const nodes = [{ id: "a", type: "set" }];
    const document = { name: "refused", nodes, limits: { budget: { usd: 1 } } };

    const { errors } = await house().engine.workflows.validate(ADMIN, document);

    expect(errors).toMatchObject([{ path: "limits.budget", code: "NOT_SUPPORTED" }]);
    expect(refused).toContain("| `limits` | `budget` |");
  });
});
