import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ALARMS } from "../../lib/alarm-list.ts";
import { checkProps } from "../../lib/check-props.ts";
import { Config, parseConfig } from "../../lib/config.ts";
import { ROOT } from "../architecture/source.ts";
import { numberRows } from "../lib/number-rows.ts";
import { rightsTable } from "../lib/rights-in.ts";
import { synthesized } from "../lib/synthesized.ts";
import { documentOf } from "./document.ts";

const read = (path: string) => documentOf(path, readFileSync(`${ROOT}/${path}`, "utf8"));
const operate = read("docs/operate.md");
const rights = rightsTable(synthesized());

describe("docs/operate.md", () => {
  test("says what to do for each alarm, in the order of the stack, and for no other", () => {
    const { headings } = operate;
    const from = headings.findIndex(({ title }) => title === "Alarms");
    const length = headings.slice(from + 1).findIndex(({ level }) => level === 2);
    const titles = headings.slice(from + 1, from + 1 + length).map(({ title }) => title);

    expect(titles).toEqual(Object.values(ALARMS).map(({ heading }) => heading));
    for (const name of Object.keys(ALARMS)) expect(operate.text).toContain(`\`${name}\`. `);
  });

  test("shows every number of the stack with its reason", () => {
    const lines = new Set(operate.text.split("\n"));

    expect(numberRows().filter((row) => !lines.has(row))).toEqual([]);
  });

  test("explains each member of the file that configures the stack", () => {
    const section = operate.text.split("## Configure")[1]?.split("\n## ")[0] ?? "";
    const explained = [...section.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) =>
      [...(names ?? "").matchAll(/\w+/g)].map(([name]) => name),
    );

    expect(explained.toSorted()).toEqual(Object.keys(Config.shape).toSorted());
  });

  test("gives an example of that file which is right", () => {
    const example = /```json\n([^]*?)```/.exec(operate.text)?.[1] ?? "";
    const { domain, mail, models, bedrockModels, allowedTargets, rate, reserved, warmApi } =
      parseConfig(example, "docs/operate.md");
    const props = { domain, mail, models, bedrockModels, allowedTargets, rate, reserved, warmApi };

    expect(() => checkProps(props as never)).not.toThrow();
  });
});

describe("docs/security.md", () => {
  test("has the rights of every function, exactly as the template grants them", () => {
    const lines = read("docs/security.md").text.split("\n");
    const from = lines.indexOf("| on | may | who |");
    const shown = lines.slice(from + 2, lines.indexOf("", from));

    expect(shown).toEqual(rights);
  });
});
