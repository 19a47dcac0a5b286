import { aName, anObject, aText, type Check, listOf, onlyKnown, template } from "./check.ts";
import { checkGraph } from "./check-graph.ts";
import { checkReferences, type Known } from "./check-references.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { checkNode } from "./node-fields.ts";
import { optionsOf } from "./workflow.ts";

const NODES_MAX = 1_000;
const EDGES_MAX = 10_000;
/** How many maps may be in each other. */
const BODIES_MAX = 4;
/** Types whose wait may be over before its answer comes. */
const WAITING = new Set<Json>(["wait", "approval", "form", "ask"]);
const BODY = new Set(["nodes", "edges", "start"]);

/** All nodes of a document that may be anything: its own, and those of the bodies of its maps. */
export function nodesIn(graph: Json | undefined, depth = 0): readonly JsonObject[] {
  if (!isObject(graph) || !Array.isArray(graph["nodes"]) || depth > BODIES_MAX) return [];
  return (graph["nodes"] as readonly Json[]).flatMap((node) =>
    isObject(node) ? [node, ...nodesIn(node["body"], depth + 1)] : [],
  );
}

/**
 * A graph's nodes and edges: the workflow's own, or a map's body. `at` is what paths begin with,
 * such as `nodes[2].body.`.
 */
export function checkNodesAndEdges(
  graph: JsonObject,
  at: string,
  known: Known,
  check: Check,
  depth = 0,
): void {
  const nodes = objectsOf(graph["nodes"], `${at}nodes`, NODES_MAX, check);
  const edges = objectsOf(graph["edges"] ?? [], `${at}edges`, EDGES_MAX, check);
  if (nodes.length === 0) {
    const what = depth === 0 ? "a workflow" : "the body of a map";
    check.error(`${at}nodes`, "REQUIRED", `${what} has at least one node`);
  }
  const byId = checkNodes(nodes, `${at}nodes`, known, check);
  checkEdges(edges, `${at}edges`, byId, check);
  const start = graph["start"] ?? nodes[0]?.["id"];
  if (typeof start === "string" && !byId.has(start)) {
    check.error(`${at}start`, "UNKNOWN_NODE", `there is no node "${start}" to start at`);
  } else if (typeof start === "string") checkGraph(start, nodes, edges, byId, check, `${at}nodes`);
  for (const [index, node] of nodes.entries()) {
    if (node["type"] === "map")
      checkBody(node, `${at}nodes[${index}].body`, known, check, depth + 1);
  }
}

function checkBody(
  { body }: JsonObject,
  path: string,
  known: Known,
  check: Check,
  depth: number,
): void {
  if (body === undefined) check.error(path, "REQUIRED", "a map has a body with nodes and edges");
  else if (!isObject(body)) check.error(path, "INVALID_TYPE", "must be an object");
  else if (depth > BODIES_MAX) {
    check.error(path, "LIMIT", `maps may be in each other ${BODIES_MAX} deep`);
  } else {
    onlyKnown(body, BODY, path, check);
    const { start } = body;
    if (start !== undefined) aName(start, `${path}.start`, check);
    checkNodesAndEdges(body, `${path}.`, known, check, depth);
  }
}

function objectsOf(value: Json | undefined, path: string, most: number, check: Check) {
  if (!Array.isArray(value)) {
    if (value !== undefined) check.error(path, "INVALID_TYPE", "must be a list");
    return [];
  }
  if (value.length > most) check.error(path, "LIMIT", `has more than ${most} entries`);
  return value.slice(0, most).map((entry: Json, index) => {
    if (isObject(entry)) return entry;
    check.error(`${path}[${index}]`, "INVALID_TYPE", "must be an object");
    return {};
  });
}

function checkNodes(nodes: readonly JsonObject[], at: string, known: Known, check: Check) {
  const byId = new Map<string, JsonObject>();
  for (const [index, node] of nodes.entries()) {
    const path = `${at}[${index}]`;
    const id = node["id"];
    if (id === undefined) check.error(`${path}.id`, "REQUIRED", "a node has an id");
    checkNode(node, path, check);
    if (typeof id !== "string") continue;
    if (byId.has(id)) check.error(`${path}.id`, "DUPLICATE_ID", `another node is called "${id}"`);
    else byId.set(id, node);
    checkReferences(node, path, known, check);
  }
  for (const [index, node] of nodes.entries()) {
    const cancels = node["cancels"];
    if (!Array.isArray(cancels)) continue;
    for (const [entry, target] of cancels.entries()) {
      if (typeof target === "string" && byId.has(target)) continue;
      const text = `there is no node ${JSON.stringify(target)} to cancel`;
      check.error(`${at}[${index}].cancels[${entry}]`, "UNKNOWN_NODE", text);
    }
  }
  return byId;
}

const edgeFields = anObject({
  from: aText,
  to: aText,
  on: aName,
  when: (value, path, check) => {
    if (typeof value === "boolean") return;
    if (typeof value === "string" && /^\s*\{%[\s\S]*%\}\s*$/.test(value)) {
      template(value, path, check);
    } else
      check.error(path, "INVALID_EXPRESSION", 'must be a condition such as "{% $vars.n > 3 %}"');
  },
  errors: listOf(aText, 50),
  label: aText,
  title: aText,
});

function checkEdges(
  edges: readonly JsonObject[],
  at: string,
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
): void {
  for (const [index, edge] of edges.entries()) {
    const path = `${at}[${index}]`;
    edgeFields(edge, path, check);
    for (const end of ["from", "to"] as const) {
      const id = edge[end];
      if (id === undefined) check.error(`${path}.${end}`, "REQUIRED", `an edge has a "${end}"`);
      else if (typeof id === "string" && !byId.has(id)) {
        check.error(`${path}.${end}`, "DANGLING_EDGE", `there is no node "${id}"`);
      }
    }
    const from = typeof edge["from"] === "string" ? byId.get(edge["from"]) : undefined;
    if (from) checkPort(edge, from, path, check);
  }
}

function checkPort(edge: JsonObject, from: JsonObject, path: string, check: Check): void {
  const { on, errors } = edge;
  if (errors !== undefined && on !== "error") {
    check.error(`${path}.errors`, "INVALID_VALUE", 'only an edge with on: "error" lists errors');
  }
  if (from["type"] === "end") {
    check.error(`${path}.from`, "INVALID_VALUE", "an end node has no outgoing edge");
  }
  if (typeof on !== "string") return;
  const ports = ["success", "error"];
  if (WAITING.has(from["type"] ?? null)) ports.push("timeout");
  if (from["type"] === "approval") {
    ports.push(...optionsOf(from).map((option) => option.id));
  }
  if (ports.includes(on)) return;
  const hint = on === "timeout" ? '; use on: "error" with errors: ["TIMEOUT"]' : "";
  const text = `this node has no port "${on}", only ${ports.join(", ")}${hint}`;
  check.error(`${path}.on`, "UNKNOWN_PORT", text);
}
