import { newCheck } from "../../kernel/check.ts";
import { isObject, type JsonObject, own } from "../../kernel/json.ts";
import type { Imported, Importing, Translate } from "../imported.ts";
import { plainText, template } from "../jsonata-text.ts";
import { madeId, nodeIdOf } from "../node-id.ts";
import { FUNCTIONS } from "./functions.ts";
import { type Graph, type GraphEdge, type GraphNode, readGraph } from "./read-graph.ts";

/** Visits of one node; a graph of this dialect that needs more goes round for ever. */
const VISITS_MAX = 50;
const END = madeId("end");

/**
 * `{nodes: [{id, function}], edges: [{source, target, condition}], start_node}`.
 *
 * The state is one variable. Functions are given it and answer with what is new in it. The first
 * edge whose condition holds is taken, and where none does the run is over.
 */
export const importGraph: Translate = (order) => {
  const { document, name } = order;
  const check = newCheck();
  if (!isObject(document)) {
    check.error("", "INVALID_TYPE", "a graph is a JSON object");
    return { ok: false, refused: check.errors };
  }
  if (name === undefined) check.error("name", "REQUIRED", "say what the workflow is to be called");
  const graph = readGraph(document, check);
  for (const { id, path } of graph.nodes) {
    if (nodeIdOf(id) !== undefined) continue;
    check.error(
      `${path}.id`,
      "LIMIT",
      "is too long, or has too many characters that are no letters",
    );
  }
  if (check.errors.length > 0) return { ok: false, refused: check.errors };
  return translated(graph, { ...order, name: name ?? "" }, check);
};

function translated(
  graph: Graph,
  { name, tools }: Importing,
  { warnings, warn }: ReturnType<typeof newCheck>,
): Imported {
  const nodes = graph.nodes.map((node) => nodeFor(node, tools));
  const ends = new Set(nodes.filter(({ type }) => type === "end").map(({ id }) => id));
  const edges: JsonObject[] = [];
  const open = new Map<string, boolean>();
  for (const edge of graph.edges) {
    const from = idOf(edge.source);
    if (ends.has(from)) warn(edge.path, "EDGE_NEVER_TAKEN", `the run ends at "${edge.source}"`);
    else edges.push(edgeFor(edge));
    if (!ends.has(from))
      open.set(edge.source, (open.get(edge.source) ?? true) && edge.when !== undefined);
  }
  for (const [source, isOpen] of open) {
    if (!isOpen) continue;
    edges.push({ from: idOf(source), to: END });
    const at = graph.nodes.find(({ id }) => id === source)?.path ?? "";
    warn(at, "NO_ELSE", `where no condition of "${source}" holds, the run is over`);
  }
  if (edges.some(({ to }) => to === END)) nodes.push({ id: END, type: "end" });
  return {
    ok: true,
    warnings,
    document: {
      name: name ?? "",
      input: { type: "object" },
      vars: { state: template("$input") },
      start: idOf(graph.start),
      nodes,
      edges,
      output: template("$vars.state"),
      limits: { maxVisits: VISITS_MAX },
    },
  };
}

/** A function of the tenant's own takes the place of one that comes with the dialect. */
function nodeFor(node: GraphNode, tools: Importing["tools"]): JsonObject {
  const common = { id: idOf(node.id), title: plainText(node.id) };
  const tool = own(tools, node.function);
  const known = tool === undefined ? own(FUNCTIONS, node.function) : undefined;
  if (known) return { ...common, ...known };
  return {
    ...common,
    type: "tool",
    tool: tool ?? node.function,
    with: template("$vars.state"),
    assign: {
      state: template("$type($output) = 'object' ? $merge([$vars.state, $output]) : $vars.state"),
    },
  };
}

function edgeFor({ source, target, when }: GraphEdge): JsonObject {
  const ends = { from: idOf(source), to: idOf(target) };
  return when === undefined ? ends : { ...ends, when: template(when) };
}

function idOf(id: string): string {
  return nodeIdOf(id) ?? "";
}
