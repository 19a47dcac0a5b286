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

/**
 * A workflow document as a mermaid flowchart.
 *
 * Nodes get ids of our own (`n0`, `n1`), since a node may have a name that is a word of mermaid's,
 * `end` before all. What the document says is only ever put into quoted labels.
 */
export function mermaid(document: JsonObject): string {
  const lines = ["flowchart TD"];
  draw(document, lines, "  ", { next: 0 });
  return `${lines.join("\n")}\n`;
}

function draw(graph: JsonObject, lines: string[], indent: string, ids: { next: number }): void {
  const drawn = new Map<string, string>();
  for (const node of objects(graph["nodes"])) {
    const id = `n${ids.next++}`;
    if (text(node["id"]) !== "") drawn.set(text(node["id"]), id);
    const label = labelOf(node);
    if (isObject(node["body"])) {
      lines.push(`${indent}subgraph ${id} [${label}]`);
      draw(node["body"], lines, `${indent}  `, ids);
      lines.push(`${indent}end`);
    } else {
      const [open, close] = SHAPES.get(text(node["type"])) ?? BOX;
      lines.push(`${indent}${id}${open}${label}${close}`);
    }
  }
  for (const edge of objects(graph["edges"])) {
    const from = drawn.get(text(edge["from"]));
    const to = drawn.get(text(edge["to"]));
    if (from === undefined || to === undefined) continue;
    const label = edgeLabel(edge);
    const arrow = edge["on"] === undefined ? "-->" : "-.->";
    lines.push(`${indent}${from} ${arrow}${label && `|${quoted(label)}|`} ${to}`);
  }
  for (const node of objects(graph["nodes"])) {
    const undo = drawn.get(text(node["compensate"]));
    const from = drawn.get(text(node["id"]));
    if (undo && from) lines.push(`${indent}${from} -.->|"undone by"| ${undo}`);
  }
}

function labelOf(node: JsonObject): string {
  const title = text(node["title"]);
  const name = `${text(node["id"])}: ${text(node["type"])}`;
  return quoted(title === "" ? name : `${title} (${name})`);
}

function edgeLabel(edge: JsonObject): string {
  const errors = Array.isArray(edge["errors"]) ? edge["errors"].map(text).join(", ") : "";
  const parts = [text(edge["on"]), errors, text(edge["label"]), text(edge["when"])];
  return parts.filter((part) => part !== "").join(" ");
}

function quoted(label: string): string {
  const short = label.length > 120 ? `${label.slice(0, 119)}…` : label;
  const safe = short.replace(/[^\p{L}\p{N} .,:;()/_$%=+*!?@…-]/gu, (c) => `#${c.codePointAt(0)};`);
  return `"${safe}"`;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
