import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dominators, type Graph, nearestAbove, reachability } from "../../core/kernel/graph.ts";

function graphOf(edges: readonly (readonly [string, string])[]): Graph {
  const nodes = [...new Set(edges.flat())];
  return {
    nodes,
    next: (node) => edges.filter(([from]) => from === node).map(([, to]) => to),
  };
}

/** Every path from one node to another, by trying them all. */
function paths(graph: Graph, from: string, to: string, been: readonly string[] = []): string[][] {
  if (from === to && been.length > 0) return [[...been, to]];
  if (been.includes(from)) return [];
  return graph.next(from).flatMap((next) => paths(graph, next, to, [...been, from]));
}

const names = ["a", "b", "c", "d", "e", "f"];
const randomGraph = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), {
    minLength: 1,
    maxLength: 14,
  })
  .map((edges) => graphOf([["a", "a"], ...edges]));

describe("reaching", () => {
  test("is by a path of at least one edge", () => {
    const graph = graphOf([
      ["a", "b"],
      ["b", "c"],
      ["c", "b"],
    ]);
    const reaches = reachability(graph);

    expect(reaches("a", "a")).toBe(false);
    expect(reaches("b", "b")).toBe(true);
    expect(reaches("a", "c")).toBe(true);
    expect(reaches("c", "a")).toBe(false);
  });

  test("is what trying all paths finds", () => {
    fc.assert(
      fc.property(
        randomGraph,
        fc.constantFrom(...names),
        fc.constantFrom(...names),
        (graph, a, b) => {
          expect(reachability(graph)(a, b)).toBe(paths(graph, a, b).length > 0);
        },
      ),
    );
  });
});

describe("a dominator", () => {
  const graph = graphOf([
    ["start", "split"],
    ["start", "other"],
    ["split", "x"],
    ["split", "y"],
    ["x", "join"],
    ["y", "join"],
  ]);
  const nearest = (...wanted: readonly string[]) =>
    nearestAbove(dominators(graph, "start"), "join", (node) => wanted.includes(node));

  test("is the nearest of those that every path passes, though the start is one too", () => {
    expect(nearest("start", "split")).toBe("split");
    expect(nearest("start")).toBe("start");
    expect(nearest("x", "y")).toBeUndefined();
    expect(nearest("join")).toBeUndefined();
  });

  test("is on every path, and no other that is on every path comes after it on any", () => {
    fc.assert(
      fc.property(randomGraph, fc.constantFrom("b", "c", "d"), (drawn, node) => {
        const all = paths(drawn, "a", node);
        fc.pre(all.length > 0);
        const onAll = new Set(
          names.filter((name) => name !== node && all.every((path) => path.includes(name))),
        );
        const last = all.map((path) => path.findLast((step) => onAll.has(step)));

        expect(new Set(last)).toEqual(new Set([dominators(drawn, "a").get(node)]));
      }),
    );
  });

  test("is found in a graph as large as may be published", () => {
    const chain = Array.from({ length: 999 }, (_, n) => [`n${n}`, `n${n + 1}`] as const);
    const back = Array.from({ length: 500 }, (_, n) => [`n${n * 2}`, `n${n}`] as const);
    const tree = dominators(graphOf([...chain, ...back]), "n0");

    expect(tree.get("n999")).toBe("n998");
    expect(nearestAbove(tree, "n999", (node) => node === "n0")).toBe("n0");
  });
});
