import type { Check } from "./check.ts";
import { dominators, type Graph, nearestAbove, reachable } from "./graph.ts";
import { isObject, type JsonObject } from "./json.ts";

/** What the graph as a whole must be: all of it reached, with an end, and joins that work. */
export function checkGraph(
  start: string,
  nodes: readonly JsonObject[],
  edges: readonly JsonObject[],
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
  at = "nodes",
): void {
  const out = new Map<string, string[]>();
  const succeeds = new Set<string>();
  for (const { from, to, on } of edges) {
    if (typeof from !== "string" || typeof to !== "string" || !byId.has(to)) continue;
    out.set(from, [...(out.get(from) ?? []), to]);
    if (on === undefined || on === "success" || on === "approved") succeeds.add(from);
  }
  const graph: Graph = { nodes: [...byId.keys()], next: (node) => out.get(node) ?? [] };
  const undoing = checkCompensations(nodes, edges, byId, check, at);
  const reached = new Set([start, ...reachable(graph, start), ...undoing]);
  const ends = [...byId].filter(([id, node]) => node["type"] === "end" || !succeeds.has(id));
  const ending = leadingTo(out, new Set(ends.map(([id]) => id)));
  // A node that goes to itself is a loop, which ends by its limit of visits if by nothing else.
  const looping = [...byId.keys()].filter((id) => out.get(id)?.includes(id));
  const limited = leadingTo(out, new Set(looping));
  const tree = dominators(graph, start);
  for (const [index, node] of nodes.entries()) {
    const id = node["id"];
    if (typeof id !== "string" || byId.get(id) !== node) continue;
    const path = `${at}[${index}]`;
    if (!reached.has(id)) {
      const order = edges.length === 0 ? ": nodes have no order but that of their edges" : "";
      const text = `nothing leads to "${id}" from the start${order}`;
      check.error(path, "UNREACHABLE_NODE", text);
    } else if (!ending.has(id) && limited.has(id)) {
      const text = `no path leads from "${id}" to an end: only limits.maxVisits ends its loop`;
      check.warn(path, "ENDLESS_LOOP", text);
    } else if (!ending.has(id)) {
      check.error(path, "NO_WAY_TO_END", `no path leads from "${id}" to an end`);
    }
    const isSplit = (other: string) => byId.get(other)?.["split"] === "all";
    const isReached = id === start || reached.has(id);
    checkJoin(node, `${path}.join`, isReached, nearestAbove(tree, id, isSplit), check);
  }
}

/** The nodes that undo others: no edge leads to them or from them. */
function checkCompensations(
  nodes: readonly JsonObject[],
  edges: readonly JsonObject[],
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
  at: string,
): readonly string[] {
  const named: string[] = [];
  for (const [index, { compensate, id }] of nodes.entries()) {
    if (typeof compensate !== "string") continue;
    const path = `${at}[${index}].compensate`;
    const by = byId.get(compensate);
    if (at !== "nodes") {
      const text = "compensate in the body of a map is not supported by this version";
      check.error(path, "NOT_SUPPORTED", text);
    } else if (!by || compensate === id) {
      check.error(path, "UNKNOWN_NODE", `there is no other node "${compensate}" to undo it`);
    } else if (by["type"] !== "tool" && by["type"] !== "set" && by["type"] !== "llm") {
      const text = `a node of type ${JSON.stringify(by["type"])} undoes nothing: name a tool`;
      check.error(path, "INVALID_VALUE", text);
    } else if (by["compensate"] !== undefined) {
      check.error(path, "INVALID_VALUE", `"${compensate}" undoes, and is not undone itself`);
    } else if (edges.some((edge) => edge["from"] === compensate || edge["to"] === compensate)) {
      check.error(path, "INVALID_VALUE", `no edge may lead to or from "${compensate}"`);
    }
    if (by) named.push(compensate);
  }
  return named;
}

/** The nodes themselves and all from which a path leads to one of them. */
function leadingTo(
  out: ReadonlyMap<string, readonly string[]>,
  targets: ReadonlySet<string>,
): ReadonlySet<string> {
  const into = new Map<string, string[]>();
  for (const [from, nexts] of out) {
    for (const to of nexts) into.set(to, [...(into.get(to) ?? []), from]);
  }
  const found = new Set(targets);
  const open = [...targets];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const from of into.get(node) ?? []) {
      if (found.has(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return found;
}

function checkJoin(
  node: JsonObject,
  path: string,
  isReached: boolean,
  split: string | undefined,
  check: Check,
): void {
  const { join } = node;
  if (join === undefined || join === "any") return;
  if (!isReached) check.error(path, "JOIN_UNREACHED", "no path leads to this join");
  if (isObject(join) && split === undefined) {
    const text = 'a counting join needs one node with split: "all" that every path to it passes';
    check.error(path, "JOIN_WITHOUT_SPLIT", text);
  }
}
