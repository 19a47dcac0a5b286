import { describe, expect, test } from "vitest";
import type { Event } from "../../core/kernel/event.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import { unstarted } from "../../core/kernel/run.ts";
import { allSources } from "../architecture/source.ts";
import { createdAt, NOW } from "../support/given.ts";

/** Every file that runs when this one does, itself included. */
function reachedFrom(start: string): readonly string[] {
  const sources = new Map(allSources().map((source) => [source.path, source]));
  const reached = new Set([start]);
  for (const path of reached) {
    for (const { target, typeOnly } of sources.get(path)?.imports ?? []) {
      if (!typeOnly) reached.add(target);
    }
  }
  return [...reached].toSorted();
}

describe("a fold", () => {
  test("cannot evaluate: nothing that it runs on knows expressions, or the workflow", () => {
    const reached = reachedFrom("core/kernel/evolve.ts");
    const knowing =
      /\/(compile|decide|draft|expression|route|template|validate|workflow)[\w-]*\.ts$/;

    expect(reached).toContain("core/kernel/moves.ts");
    expect(reached.filter((path) => knowing.test(path))).toEqual([]);
  });

  test("refuses nothing that has happened, but says when a log cannot be", () => {
    const created = evolve(unstarted("acme", "run-1"), createdAt("a"), NOW);
    const nowhere: Event = {
      type: "step.waiting",
      step: "a.1",
      node: "a",
      visit: 1,
      token: 7,
      attempt: 1,
      wait: { kind: "timer", until: NOW },
    };

    expect(() => evolve(created, nowhere, NOW)).toThrow("run run-1 has no token 7");
  });

  test("gives the same from the same, and leaves what it was given alone", () => {
    const before = unstarted("acme", "run-1");
    const copy = structuredClone(before);

    expect(evolve(before, createdAt("a"), NOW)).toEqual(evolve(before, createdAt("a"), NOW));
    expect(before).toEqual(copy);
  });
});
