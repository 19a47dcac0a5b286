import { expect, test } from "vitest";
import { driveDeps } from "../../core/engine/create-engine.ts";
import { drive } from "../../core/engine/drive.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { house } from "../support/house.ts";

/** Needs JSONata itself, so that its time is counted. */
const TRUE = "{% $count([1, 2]) = 2 %}";
const PATHS = 20;

const document: JsonObject = {
  name: "wide",
  nodes: [
    { id: "split", type: "set", split: "all" },
    ...Array.from({ length: PATHS }, (_, n) => ({ id: `t${n}`, type: "tool", tool: "echo" })),
    { id: "join", type: "end", join: "all" },
  ],
  edges: Array.from({ length: PATHS }, (_, n) => [
    { from: "split", to: `t${n}` },
    { from: `t${n}`, to: "join", when: TRUE },
  ]).flat(),
};

test("each step has its own time for expressions, though many end in one commit", async () => {
  const answers: (() => void)[] = [];
  const home = house({
    call: () =>
      new Promise((resolve) => {
        answers.push(() => resolve(null));
      }),
  });
  await home.publish(document);
  // A machine so slow that each evaluation takes 40 ms of it.
  let now = 0;
  const deps = { ...home.deps, elapsed: () => (now += 40) };
  const key = await home.start("wide");
  const going = drive(driveDeps(deps), key, { effectsMax: 64, until: Number.POSITIVE_INFINITY });
  while (answers.length < PATHS) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  for (const answer of answers) answer();
  await going.done;

  const run = await home.read(key);
  expect(run.error).toBeNull();
  expect(run.status).toBe("succeeded");
});
