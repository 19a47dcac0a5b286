import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { ClaimFailed, openClaims } from "../../scripts/demo/claims.ts";
import { openScreen, WIDTH } from "../../scripts/demo/screen.ts";
import { startNode } from "../../scripts/support/proc.ts";
import { eventually } from "../support/runs.ts";

const DEMO = join(import.meta.dirname, "../../scripts/demo.ts");
/** It takes two seconds; a machine under load may take its time. */
const PATIENCE_MS = 60_000;

/** What it takes from the machine: its server, and its data. */
function takenBy(output: string) {
  return {
    pid: Number(/process (\d+)/.exec(output)?.[1]),
    folder: /^ {2}data +(\S+)$/m.exec(output)?.[1] ?? "",
  };
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("the demo", () => {
  test("checks all that it claims, in plain text that fits, and leaves nothing behind", {
    timeout: PATIENCE_MS,
  }, async () => {
    const demo = startNode(DEMO);

    const exit = await demo.exited;

    const output = demo.output();
    expect(exit, output).toEqual({ code: 0, signal: null });
    const [, checked, claims] = /(\d+) of (\d+) claims are true/.exec(output) ?? [];
    expect(checked).toBe(claims);
    expect(output.match(/^ {2}✓ /gm)).toHaveLength(Number(claims));
    expect(output).toBe(stripVTControlCharacters(output));
    expect(output.split("\n").filter((line) => line.length > WIDTH)).toEqual([]);
    expect(existsSync(takenBy(output).folder)).toBe(false);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "takes its server and its data with it when it gets %s",
    { timeout: PATIENCE_MS },
    async (signal, code) => {
      const demo = startNode(DEMO);
      await demo.line(/^ {2}Act 1/);
      const { pid, folder } = takenBy(demo.output());
      expect([lives(pid), existsSync(folder)]).toEqual([true, true]);

      process.kill(demo.pid, signal);

      expect(await demo.exited).toEqual({ code, signal: null });
      expect(existsSync(folder)).toBe(false);
      await eventually("the server is gone", async () => (lives(pid) ? undefined : true));
    },
  );
});

describe("a claim of the demo", () => {
  function opened(colours: boolean) {
    let text = "";
    const screen = openScreen({ write: (more) => (text += more), colours, elapsed: () => 1234 });
    return { screen, claims: openClaims(screen), text: () => text };
  }

  test("that is not true ends it, with what was expected and what came", () => {
    const { claims, text } = opened(false);

    const check = () => claims.check({ what: "water is dry", came: ["wet", 2], expected: ["dry"] });

    expect(check).toThrow(new ClaimFailed('expected: ["dry"]\ncame:     ["wet",2]'));
    expect(text()).toBe("  ✗ water is dry\n");
    expect(claims.count()).toBe(0);
  });

  test("that is true stands in the table with its evidence", () => {
    const { claims, text } = opened(false);

    claims.check({ what: "water is wet", came: { wet: true }, expected: { wet: true } });
    claims.table();

    expect(text()).toBe(`  ✓ water is wet\n  1  ${"water is wet".padEnd(62)}  {"wet":true}\n`);
  });

  test("is shown in colours where they are wanted, in the same words", () => {
    const plain = opened(false);
    const coloured = opened(true);
    for (const { screen, claims } of [plain, coloured]) {
      screen.act("Act 1");
      screen.fact("a", `${"word ".repeat(40)}${"x".repeat(200)}`);
      screen.quote("y".repeat(200));
      claims.check({ what: "water is wet", came: 1, expected: 1 });
    }

    expect(coloured.text()).not.toBe(plain.text());
    expect(stripVTControlCharacters(coloured.text())).toBe(plain.text());
    expect(
      plain
        .text()
        .split("\n")
        .filter((line) => line.length > WIDTH),
    ).toEqual([]);
  });
});
