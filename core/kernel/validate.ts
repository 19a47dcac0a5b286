import {
  aDuration,
  aName,
  aNumber,
  anObject,
  aTemplate,
  aText,
  type Check,
  type FieldCheck,
  isTemplateText,
  listOf,
  newCheck,
  notYet,
  onlyKnown,
  template,
  templates,
} from "./check.ts";
import { checkGraph } from "./check-graph.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { checkNode } from "./node-fields.ts";
import type { Problem } from "./problem.ts";
import { optionsOf } from "./workflow.ts";

/** What validation asks of the world, so that the kernel need not know it. */
export type Known = Readonly<{
  tool(name: string): boolean;
  model(name: string): boolean;
  /** What is wrong with a customer's JSON Schema, each with a path relative to it. */
  schemaProblems(schema: Json): readonly Problem[];
}>;

export type Validation = Readonly<{
  errors: readonly Problem[];
  warnings: readonly Problem[];
}>;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const NODES_MAX = 1_000;
const EDGES_MAX = 10_000;

const TOP: Readonly<Record<string, FieldCheck>> = {
  name: (value, path, check) => {
    if (typeof value === "string" && NAME.test(value)) return;
    const text = "must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit";
    check.error(path, "INVALID_VALUE", text);
  },
  title: aText,
  description: aText,
  input: aSchema,
  vars: templates,
  start: aName,
  nodes: () => undefined,
  edges: () => undefined,
  output: aTemplate,
  limits: anObject({
    maxVisits: aNumber(1, 100_000),
    deadline: aDuration,
    budget: notYet("budget"),
  }),
  retention: (value, path, check) => {
    aDuration(value, path, check);
    check.warn(path, "NOT_ENFORCED", "retention is recorded, and not yet acted upon");
  },
};

function aSchema(value: Json, path: string, check: Check): void {
  if (!isObject(value)) check.error(path, "INVALID_SCHEMA", "must be a JSON Schema object");
}

/**
 * Everything that can be known of a document without running it.
 *
 * It never stops at the first fault: an author who fixes what is listed is done, unless the fix
 * itself brings a new one.
 */
export function validateWorkflow(document: Json, known: Known): Validation {
  const check = newCheck();
  if (!isObject(document)) {
    check.error("", "INVALID_TYPE", "a workflow is a JSON object");
    return check;
  }
  onlyKnown(document, new Set(Object.keys(TOP)), "", check);
  for (const [name, field] of Object.entries(TOP)) {
    const value = document[name];
    if (value !== undefined) field(value, name, check);
  }
  if (document["name"] === undefined) check.error("name", "REQUIRED", "a workflow has a name");
  schemaAt(document["input"], "input", known, check);

  const nodes = objectsOf(document["nodes"], "nodes", NODES_MAX, check);
  const edges = objectsOf(document["edges"] ?? [], "edges", EDGES_MAX, check);
  if (nodes.length === 0) check.error("nodes", "REQUIRED", "a workflow has at least one node");
  const byId = checkNodes(nodes, known, check);
  checkEdges(edges, byId, check);
  const start = document["start"] ?? nodes[0]?.["id"];
  if (typeof start === "string" && !byId.has(start)) {
    check.error("start", "UNKNOWN_NODE", `there is no node "${start}" to start at`);
  } else if (typeof start === "string") checkGraph(start, nodes, edges, byId, check);
  return check;
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

function checkNodes(nodes: readonly JsonObject[], known: Known, check: Check) {
  const byId = new Map<string, JsonObject>();
  for (const [index, node] of nodes.entries()) {
    const path = `nodes[${index}]`;
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
    for (const [at, target] of cancels.entries()) {
      if (typeof target === "string" && byId.has(target)) continue;
      const text = `there is no node ${JSON.stringify(target)} to cancel`;
      check.error(`nodes[${index}].cancels[${at}]`, "UNKNOWN_NODE", text);
    }
  }
  return byId;
}

function checkReferences(node: JsonObject, path: string, known: Known, check: Check): void {
  const { type, tool, model } = node;
  if (type === "tool" && typeof tool === "string") {
    if (isTemplateText(tool)) {
      check.error(`${path}.tool`, "INVALID_VALUE", "a tool is named literally");
    } else if (!known.tool(tool)) {
      check.error(`${path}.tool`, "UNKNOWN_TOOL", `no tool "${tool}" is registered`);
    }
  }
  if (
    type === "llm" &&
    typeof model === "string" &&
    !isTemplateText(model) &&
    !known.model(model)
  ) {
    check.error(`${path}.model`, "UNKNOWN_MODEL", `no provider is configured for "${model}"`);
  }
  if (type === "llm") schemaAt(node["schema"], `${path}.schema`, known, check);
}

function schemaAt(schema: Json | undefined, path: string, known: Known, check: Check): void {
  if (schema === undefined || !isObject(schema)) return;
  for (const problem of known.schemaProblems(schema)) {
    const where = problem.path === "" ? path : `${path}.${problem.path}`;
    check.error(where, "INVALID_SCHEMA", problem.message);
  }
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
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
): void {
  for (const [index, edge] of edges.entries()) {
    const path = `edges[${index}]`;
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
  if (from["type"] === "wait" || from["type"] === "approval") ports.push("timeout");
  if (from["type"] === "approval") {
    ports.push(...optionsOf(from).map((option) => option.id));
  }
  if (ports.includes(on)) return;
  const hint = on === "timeout" ? '; use on: "error" with errors: ["TIMEOUT"]' : "";
  const text = `this node has no port "${on}", only ${ports.join(", ")}${hint}`;
  check.error(`${path}.on`, "UNKNOWN_PORT", text);
}
