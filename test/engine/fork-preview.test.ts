import { expect, test } from "vitest";
import { ADMIN, house } from "../support/house.ts";
import { begin, call } from "./family.ts";

const ROUNDS = 450;

test("What a fork would repeat is told once each, over many pages of the log, and no more than may", async () => {
  const at = house();
  const key = await begin(at, {
    name: "loop",
    nodes: [call("a"), { id: "z", type: "end" }],
    edges: [
      { from: "a", to: "a", when: `{% $steps.a.visits < ${ROUNDS} %}` },
      { from: "a", to: "z" },
    ],
  });
  expect((await at.read(key)).status).toBe("succeeded");

  const all = await at.engine.history.preview(ADMIN, key.runId, { at: 1 });
  if (!all.ok) throw new Error(all.refusal.message);
  const steps = all.value.repeats.map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: ROUNDS }, (_, index) => `a.${index + 1}`));
  expect(all.value.more).toBe(false);

  const half = all.value.repeats[ROUNDS / 2]?.seq ?? 0;
  const late = await at.engine.history.preview(ADMIN, key.runId, { at: half });
  if (!late.ok) throw new Error(late.refusal.message);
  // The call of that event is under way just then, and would be made again.
  expect(late.value.repeats.map(({ kind }) => kind).slice(0, 2)).toEqual(["under way", "tool"]);
  expect(late.value.repeats).toHaveLength(ROUNDS / 2);
});
