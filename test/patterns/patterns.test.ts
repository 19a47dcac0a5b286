import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { play } from "../docs/workflow-examples.ts";
import { ADMIN, house } from "../support/house.ts";
import { MUST, OTHERS, type Pattern, patternTable, SHOULD } from "./pattern-table.ts";
import { type Played, playIn } from "./pattern-world.ts";

const table = patternTable();
const known = table.filter(({ refused }) => !refused);
const report = new Map<number, string[]>();

function note({ number }: Pattern, mode: string): void {
  report.set(number, [...(report.get(number) ?? []), mode]);
}

/** The plain run of each, which the others are held against. */
const plain = new Map<Pattern, Promise<Played>>();
function plainOf(pattern: Pattern): Promise<Played> {
  const played = plain.get(pattern) ?? playIn(pattern.example);
  plain.set(pattern, played);
  return played;
}

afterAll(() => {
  const lines = table.map((pattern) => {
    const { number, name, example } = pattern;
    const modes = report.get(number) ?? ["not tried"];
    return `${String(number).padStart(2)} ${name}: ${example.name}: ${modes.join(", ")}`;
  });
  process.stdout.write(`${lines.join("\n")}\n`);
});

test("every pattern of the two lists is known, and every other one is told of", () => {
  expect(known.map(({ number }) => number)).toEqual(expect.arrayContaining([...MUST, ...SHOULD]));
  expect(table.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
    [...MUST, ...SHOULD, ...OTHERS].toSorted((a, b) => a - b),
  );
});

describe.each(known)("pattern $number, $name,", (pattern) => {
  test("happens as it is told, in the order in which it is told", async () => {
    const { wrong } = await play(pattern.example);

    expect(wrong).toEqual([]);
  });

  test("happens as it is told where processes come and go", async () => {
    const { wrong, outcome } = await plainOf(pattern);

    expect(wrong).toEqual([]);
    expect(outcome.runs).not.toEqual([]);
    note(pattern, "plain");
  });

  test("comes to the same with a crash before and after each write", async () => {
    const { writes, outcome } = await plainOf(pattern);
    const wrong: unknown[] = [];
    for (let write = 1; write <= writes; write++) {
      for (const fate of ["die before", "die after"] as const) {
        const played = await playIn(pattern.example, { write, fate });
        const isSame = isDeepStrictEqual(played.outcome, outcome) && played.crashes === 1;
        if (!isSame || played.wrong.length > 0) wrong.push({ write, fate, ...played });
      }
    }

    expect(wrong).toEqual([]);
    note(pattern, `${writes * 2} crashes`);
  });

  test.each([1, 2, 3])("comes to the same with all messages and timers twice: %i", async (seed) => {
    const { outcome } = await plainOf(pattern);

    const played = await playIn(pattern.example, { seed, isTwice: true });

    expect(played.wrong).toEqual([]);
    expect(played.outcome).toEqual(outcome);
    if (seed === 3) note(pattern, "twice");
  });
});

describe("publishing refuses", () => {
  test.each(table.filter(({ refused }) => refused))(
    "pattern $number, $name: with an error that names the construct",
    async (pattern) => {
      const { document } = pattern.example;
      const { errors } = await house().engine.workflows.validate(ADMIN, document);

      const { code, path, names = "" } = pattern.refused ?? {};
      expect(errors).toEqual([{ code, path, message: expect.stringContaining(names) }]);
      note(pattern, "refused");
    },
  );
});
