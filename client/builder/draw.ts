import type { Json, JsonObject } from "../../core/contract/fields.ts";
import { names, printed, printedObject } from "./expression.ts";
import { jsonSchemaOf, type Schema } from "./schema.ts";

type Edge = JsonObject & Readonly<{ from: string; to: string }>;

/** A graph as far as it is drawn. */
export type Drawing = Readonly<{
  /** The document but for its graph; empty for the body of a map. */
  head: JsonObject;
  nodes: readonly JsonObject[];
  edges: readonly Edge[];
  start: string | undefined;
  /** The nodes that the next one follows. */
  at: readonly string[];
  /** Of the next edge: its condition, port and label. */
  next: JsonObject;
  /** The node that the next one undoes. */
  undoes: string | undefined;
}>;

type Fields = Readonly<Record<string, unknown>>;

export function blank(head: JsonObject): Drawing {
  return { head, nodes: [], edges: [], start: undefined, at: [], next: {}, undoes: undefined };
}

/** Fields that are there for the types alone. */
const TYPES_ONLY = new Set(["answers", "payload"]);

/** Puts a node where the drawing goes on: behind an edge, or as what undoes another. */
export function withNode(drawing: Drawing, type: string, id: string, fields: Fields): Drawing {
  if (drawing.nodes.some((node) => node["id"] === id)) throw new Error(`there are two nodes ${id}`);
  const node = { id, type, ...written(fields) };
  const drawn = { ...drawing, nodes: [...drawing.nodes, node] };
  if (drawing.undoes !== undefined) {
    const { undoes } = drawing;
    return { ...withField(drawn, undoes, "compensate", id), undoes: undefined };
  }
  const linked = drawing.at.length === 0 ? drawn : withEdges(drawn, [id]);
  return { ...settled(linked), at: type === "end" ? [] : [id] };
}

export function withEdges(drawing: Drawing, targets: readonly string[]): Drawing {
  if (drawing.at.length === 0) throw new Error(`no node leads to ${targets.join(", ")}: say after`);
  const { next } = drawing;
  const edges = targets.flatMap((to) => drawing.at.map((from): Edge => ({ from, to, ...next })));
  return { ...drawing, edges: [...drawing.edges, ...edges], next: {} };
}

/** What is said of the next edge; it must come before anything else is said. */
export function withNext(drawing: Drawing, next: JsonObject): Drawing {
  return { ...drawing, next: { ...drawing.next, ...next } };
}

/** Refuses to go elsewhere while a condition or a port waits for its edge. */
export function settled(drawing: Drawing): Drawing {
  const [said] = Object.keys(drawing.next);
  if (said !== undefined) throw new Error(`"${said}" was said of an edge that was not drawn`);
  if (drawing.undoes !== undefined) throw new Error(`nothing undoes ${drawing.undoes}`);
  return drawing;
}

export function withField(drawing: Drawing, id: string, name: string, value: Json): Drawing {
  if (!drawing.nodes.some((node) => node["id"] === id)) throw new Error(`there is no node ${id}`);
  const nodes = drawing.nodes.map((node) =>
    node["id"] === id ? { ...node, [name]: value } : node,
  );
  return { ...drawing, nodes };
}

/** Edges are told by the nodes that they leave, and keep their order there, which counts. */
export function graphOf(drawing: Drawing): JsonObject {
  const { nodes, edges, start } = settled(drawing);
  const sorted = nodes.flatMap(({ id }) => edges.filter(({ from }) => from === id));
  return {
    ...(start !== undefined && { start }),
    nodes,
    ...(sorted.length > 0 && { edges: sorted }),
  };
}

/** The value of a field: what is a function writes it. */
export function lazily(value: unknown): Json {
  return printed(typeof value === "function" ? value(names) : value);
}

function written(fields: Fields): JsonObject {
  const said = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && !TYPES_ONLY.has(name),
  );
  return printedObject(Object.fromEntries(said.map(([name, value]) => [name, field(name, value)])));
}

function field(name: string, value: unknown): Json | undefined {
  if (name === "schema") return jsonSchemaOf(value as Schema);
  // Of a subflow: another document of this builder stands for its name.
  if (name === "workflow" && isDocument(value)) return value.name;
  return lazily(value);
}

function isDocument(value: unknown): value is { name: string } {
  return (
    typeof value === "object" && value !== null && typeof Reflect.get(value, "nodes") === "object"
  );
}
