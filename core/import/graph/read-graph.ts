import { type Check, onlyKnown } from "../../kernel/check.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { conditionOf } from "./condition.ts";

export type GraphNode = Readonly<{ id: string; function: string; path: string }>;
/** `when` is JSONata; without it the edge always matches. */
export type GraphEdge = Readonly<{ source: string; target: string; when?: string; path: string }>;
export type Graph = Readonly<{
  start: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}>;

const FIELDS = new Set("nodes edges start_node".split(" "));

/** Reads `{nodes, edges, start_node}`; every fault is told to `check`. */
export function readGraph(document: JsonObject, check: Check): Graph {
  // The system that this comes from takes no notice of other fields, and so they mean nothing.
  for (const name of Object.keys(document)) {
    if (!FIELDS.has(name)) check.warn(name, "UNKNOWN_FIELD", `"${name}" means nothing here`);
  }
  const nodes = objects(document["nodes"], "nodes", check).flatMap(([node, path]) =>
    nodeOf(node, path, check),
  );
  if (document["nodes"] === undefined) check.error("nodes", "REQUIRED", "a graph has nodes");
  const known = new Set<string>();
  for (const { id, path } of nodes) {
    if (known.has(id)) check.error(`${path}.id`, "DUPLICATE_ID", `another node is called "${id}"`);
    known.add(id);
  }
  const edges = objects(document["edges"] ?? [], "edges", check).flatMap(([edge, path]) =>
    edgeOf(edge, path, known, check),
  );
  return { start: startOf(document["start_node"], known, check), nodes, edges };
}

function startOf(start: Json | undefined, known: ReadonlySet<string>, check: Check): string {
  if (typeof start !== "string" || start === "") {
    check.error("start_node", "REQUIRED", "the id of the node that a run begins with");
    return "";
  }
  if (!known.has(start)) {
    check.error("start_node", "UNKNOWN_NODE", `there is no node "${start}" to start at`);
  }
  return start;
}

function nodeOf(node: JsonObject, path: string, check: Check): readonly GraphNode[] {
  onlyKnown(node, new Set(["id", "function"]), path, check);
  const id = textOf(node, "id", path, check);
  const named = textOf(node, "function", path, check);
  return id === undefined ? [] : [{ id, function: named ?? "", path }];
}

function edgeOf(
  edge: JsonObject,
  path: string,
  known: ReadonlySet<string>,
  check: Check,
): readonly GraphEdge[] {
  onlyKnown(edge, new Set(["source", "target", "condition"]), path, check);
  const source = textOf(edge, "source", path, check);
  const target = textOf(edge, "target", path, check);
  for (const [end, id] of [["source", source] as const, ["target", target] as const]) {
    if (id === undefined || known.has(id)) continue;
    check.error(`${path}.${end}`, "DANGLING_EDGE", `there is no node "${id}"`);
  }
  const { condition = null } = edge;
  const when = condition === null ? undefined : conditionOf(condition, `${path}.condition`, check);
  if (source === undefined || target === undefined) return [];
  return [{ source, target, path, ...(when !== undefined && { when }) }];
}

function textOf(of: JsonObject, name: string, path: string, check: Check): string | undefined {
  const value = of[name];
  if (typeof value === "string" && value !== "") return value;
  const code = value === undefined ? "REQUIRED" : "INVALID_TYPE";
  check.error(`${path}.${name}`, code, "must be a text, not empty");
  return undefined;
}

function objects(value: Json | undefined, path: string, check: Check): [JsonObject, string][] {
  if (!Array.isArray(value)) {
    if (value !== undefined) check.error(path, "INVALID_TYPE", "must be a list");
    return [];
  }
  return value.flatMap((entry: Json, index): [JsonObject, string][] => {
    const at = `${path}[${index}]`;
    if (isObject(entry)) return [[entry, at]];
    check.error(at, "INVALID_TYPE", "must be an object");
    return [];
  });
}
