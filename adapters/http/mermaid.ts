import type { GraphView } from "../../core/engine/graph-view.ts";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";

/** Shapes by type: people are stadiums, waits hexagons, choices diamonds, ends circles. */
const SHAPES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["approval", ["([", "])"]],
  ["form", ["([", "])"]],
  ["ask", ["([", "])"]],
  ["wait", ["{{", "}}"]],
  ["route", ["{", "}"]],
  ["rules", ["{", "}"]],
  ["tool", ["[[", "]]"]],
  ["subflow", ["[[", "]]"]],
  ["end", ["((", "))"]],
]);
const BOX = ["[", "]"] as const;

/** How nodes look by their state: the word is in the label, so no colour alone says it. */
const LOOKS: Readonly<Record<string, string>> = {
  running: "fill:#cfe3fb,stroke:#0b5cad,stroke-width:3px",
  waiting: "fill:#fdf1c7,stroke:#8a6100,stroke-width:3px",
  retrying: "fill:#fbdfc2,stroke:#9a4b00,stroke-width:3px",
  pending: "fill:#eef1f4,stroke:#545b64,stroke-width:3px",
  succeeded: "fill:#d5efdb,stroke:#1b6e34",
  failed: "fill:#f8d4d4,stroke:#a11616",
  unknown: "fill:#ecd9f6,stroke:#6b2a91",
  skipped: "fill:#eef1f4,stroke:#545b64,stroke-dasharray:4 3",
  cancelled: "fill:#e4e4e4,stroke:#545b64,stroke-dasharray:4 3",
  idle: "fill:#ffffff,stroke:#8a97a5",
};

/** A run's graph: its definition, with a class for each node's state, and the edges taken. */
export function mermaidOfRun(document: JsonObject, graph: GraphView): string {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const taken = new Map(graph.edges.map((edge) => [`${edge.from} ${edge.index}`, edge.taken]));
  const classes = new Map<string, string[]>();
  const links: number[] = [];
  const drawing: Drawing = {
    lines: ["flowchart TD"],
    nodes: 0,
    edges: 0,
    onNode(name, id) {
      const node = nodes.get(name);
      const status = node?.status ?? "idle";
      classes.set(status, [...(classes.get(status) ?? []), id]);
      if (!node || node.visits === 0) return status === "idle" ? "" : status;
      return node.visits === 1 ? status : `${status}, ${node.visits} visits`;
    },
    onEdge(from, index, edge) {
      const times = taken.get(`${from} ${index}`) ?? 0;
      if (times > 0) links.push(edge);
      return times > 1 ? `(${times} times)` : "";
    },
  };
  draw(document, drawing, "  ", "");
  const { lines } = drawing;
  if (links.length > 0)
    lines.push(`  linkStyle ${links.join(",")} stroke:#0b5cad,stroke-width:3px`);
  for (const [status, ids] of classes) {
    lines.push(`  classDef ${status} ${LOOKS[status] ?? LOOKS["idle"]},color:#16191f`);
    lines.push(`  class ${ids.join(",")} ${status}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * A workflow document as a mermaid flowchart.
 *
 * Nodes get ids of our own (`n0`, `n1`), since a node may have a name that is a word of mermaid's,
 * `end` before all. What the document says is only ever put into quoted labels.
 */
export function mermaid(document: JsonObject): string {
  const drawing: Drawing = { lines: ["flowchart TD"], nodes: 0, edges: 0, onNode, onEdge };
  draw(document, drawing, "  ", "");
  return `${drawing.lines.join("\n")}\n`;
}

type Drawing = {
  readonly lines: string[];
  nodes: number;
  edges: number;
  /** What is said of a node or an edge beside what the document says. */
  readonly onNode: (name: string, id: string) => string;
  readonly onEdge: (from: string, index: number, edge: number) => string;
};

const onNode = () => "";
const onEdge = () => "";

/** @param at the map whose body the graph is, and a slash. */
function draw(graph: JsonObject, drawing: Drawing, indent: string, at: string): void {
  const { lines } = drawing;
  const drawn = new Map<string, string>();
  for (const node of objects(graph["nodes"])) {
    const id = `n${drawing.nodes++}`;
    const name = `${at}${text(node["id"])}`;
    if (text(node["id"]) !== "") drawn.set(text(node["id"]), id);
    const label = labelOf(node, drawing.onNode(name, id));
    if (isObject(node["body"])) {
      lines.push(`${indent}subgraph ${id} [${label}]`);
      draw(node["body"], drawing, `${indent}  `, `${name}/`);
      lines.push(`${indent}end`);
    } else {
      const [open, close] = SHAPES.get(text(node["type"])) ?? BOX;
      lines.push(`${indent}${id}${open}${label}${close}`);
    }
  }
  for (const [index, edge] of objects(graph["edges"]).entries()) {
    const from = drawn.get(text(edge["from"]));
    const to = drawn.get(text(edge["to"]));
    if (from === undefined || to === undefined) continue;
    const more = drawing.onEdge(`${at}${text(edge["from"])}`, index, drawing.edges++);
    const label = [edgeLabel(edge), more].filter((part) => part !== "").join(" ");
    const arrow = edge["on"] === undefined ? "-->" : "-.->";
    lines.push(`${indent}${from} ${arrow}${label && `|${quoted(label)}|`} ${to}`);
  }
  for (const node of objects(graph["nodes"])) {
    const undo = drawn.get(text(node["compensate"]));
    const from = drawn.get(text(node["id"]));
    if (undo && from) {
      lines.push(`${indent}${from} -.->|"undone by"| ${undo}`);
      drawing.edges++;
    }
  }
}

function labelOf(node: JsonObject, more: string): string {
  const title = text(node["title"]);
  const name = `${text(node["id"])}: ${text(node["type"])}`;
  const label = title === "" ? name : `${title} (${name})`;
  return quoted(label, more);
}

function edgeLabel(edge: JsonObject): string {
  const errors = Array.isArray(edge["errors"]) ? edge["errors"].map(text).join(", ") : "";
  const parts = [text(edge["on"]), errors, text(edge["label"]), text(edge["when"])];
  return parts.filter((part) => part !== "").join(" ");
}

/** A label is shortened; what is said beside it stays whole. */
function quoted(label: string, more = ""): string {
  const cut = label.length > 120 ? `${label.slice(0, 119)}…` : label;
  const short = more === "" ? cut : `${cut}, ${more}`;
  const safe = short.replace(/[^\p{L}\p{N} .,:;()/_$%=+*!?@…-]/gu, (c) => `#${c.codePointAt(0)};`);
  return `"${safe}"`;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
