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

test("scripts that are handed the time are run once each, however the clock goes on", async () => {
  let now = Date.UTC(2030, 0, 1);
  const home = house({ now: () => now++ });
  const handed = { at: "{% $now() %}" };
  await home.publish({
    name: "timed",
    nodes: [
      { id: "s", type: "script", with: handed, code: "return input.at" },
      { id: "r", type: "script", with: handed, code: "return input.at" },
      { id: "t", type: "script", with: handed, code: "return input.at" },
    ],
    edges: [
      { from: "s", to: "r" },
      { from: "r", to: "t" },
    ],
    output: "{% $steps.s.output = $steps.t.output and $steps.r.output = $steps.t.output %}",
  });

  const run = await home.read(await home.start("timed"));

  expect(run.status).toBe("succeeded");
  expect(run.output).toBe(true);
});
