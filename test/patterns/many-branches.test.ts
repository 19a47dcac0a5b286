import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Example } from "../docs/workflow-examples.ts";
import { playIn } from "./pattern-world.ts";

const BRANCHES = 200;
/** Of the writes of such a run, so many are tried with a crash. */
const CRASHES = 3;

/** All begin at once, meet once, and are told of. */
function together(branch: JsonObject, story: readonly string[]): Example {
  const ids = Array.from({ length: BRANCHES }, (_, index) => `b${index}`);
  const steps = ["go.1", ...ids.map((id) => `${id}.1`)].join(" ");
  const document = {
    name: "together",
    nodes: [
      { id: "go", type: "set", split: "all" },
      ...ids.map((id) => ({ id, ...branch })),
      { id: "meet", type: "tool", tool: "echo", join: "all", with: "met" },
    ],
    edges: ids.flatMap((id) => [
      { from: "go", to: id },
      { from: id, to: "meet" },
    ]),
  };
  const told = ["start", ...story, `steps: ${steps} meet.1`, 'succeeded: "met"'];
  return { name: "together", document, story: told };
}

const KINDS: readonly (readonly [what: string, example: Example])[] = [
  ["calls", together({ type: "tool", tool: "echo", with: 1 }, [])],
  ["timers of one instant", together({ type: "wait", for: "PT1H" }, ["later: PT1H"])],
];

describe.each(KINDS)("pattern 3, Synchronization, of 200 branches that are %s", (_, example) => {
  test("fires once, whatever befalls the one that drives it", async () => {
    const { wrong, outcome, writes } = await playIn(example);
    expect(wrong).toEqual([]);
    expect(outcome.effects).toContain('"met"');

    for (let n = 1; n <= CRASHES; n++) {
      const write = Math.ceil((writes * n) / CRASHES);
      for (const fate of ["die before", "die after"] as const) {
        const played = await playIn(example, { write, fate });
        expect(played.wrong, `${fate} write ${write}`).toEqual([]);
        expect(played.outcome).toEqual(outcome);
      }
    }
  });

  test("fires once with all messages and timers twice", async () => {
    const { outcome } = await playIn(example);

    const played = await playIn(example, { isTwice: true });

    expect(played.wrong).toEqual([]);
    expect(played.outcome).toEqual(outcome);
  });
});
