import { admissionOf } from "./admission.ts";
import { parseDuration } from "./duration.ts";
import { compileExpression } from "./expression.ts";
import { dominators, type Graph, nearestAbove, reachability } from "./graph.ts";
import type { Json, JsonObject } from "./json.ts";
import { compileTemplate, type Template } from "./template.ts";
import type { Body, Edge, Join, MapPolicy, Node, NodeType, Retry, Workflow } from "./workflow.ts";

/** When a task is too late, and what happens to it before. */
const TIMES = ["due", "reminders", "escalation"] as const;

const FIELDS: Readonly<Record<NodeType, readonly string[]>> = {
  set: [],
  script: [],
  form: ["title", "description", "preview", "assignees", "groups", ...TIMES],
  ask: ["prompt", "title", "description", "preview", "choices", "assignees", "groups", ...TIMES],
  rules: [],
  llm: ["model", "system", "prompt", "messages", "schema"],
  tool: [],
  notify: ["to", "subject", "body", "headers"],
  approval: ["title", "description", "preview", "approvers", ...TIMES],
  wait: ["until", "for", "event", "any", "all"],
  end: ["output", "error"],
  map: ["items"],
  subflow: ["workflow"],
};

/** Items of a map that are under way at once, unless the author says. */
const CONCURRENCY = 100;

const MAX_VISITS = 1_000;

/** Parses a document that was validated: what is wrong with it now is our fault. */
export function compileWorkflow(
  document: JsonObject,
  pinned: { version: number; hash: string },
): Workflow {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, readonly Edge[]>();
  const bodies = new Map<string, Body>();
  compileGraph(document, "", { nodes, edges, bodies }, []);
  const next = (node: string) => (edges.get(node) ?? []).map((edge) => edge.to);
  const graph: Graph = { nodes: [...nodes.keys()], next };
  const start = bodies.get("")?.start ?? "";
  const limits = (document["limits"] ?? {}) as { maxVisits?: number; deadline?: string };
  return {
    name: textOf(document["name"]),
    ...pinned,
    start,
    nodes,
    bodies,
    edges,
    vars: members(document["vars"]),
    output: optional(document["output"]),
    input: document["input"] as JsonObject | undefined,
    limits: {
      maxVisits: limits.maxVisits ?? MAX_VISITS,
      deadlineMs: limits.deadline === undefined ? undefined : parseDuration(limits.deadline),
    },
    admission: admissionOf(document),
    reaches: reachability(graph),
    splitOf: new Map([...bodies.values()].flatMap((body) => [...splits(graph, body.start, nodes)])),
  };
}

type Graphs = Readonly<{
  nodes: Map<string, Node>;
  edges: Map<string, readonly Edge[]>;
  bodies: Map<string, Body>;
}>;

/** A graph and those of the maps in it; `body` is the map that it belongs to. */
function compileGraph(
  document: JsonObject,
  body: string,
  into: Graphs,
  around: readonly string[],
): void {
  const prefix = body === "" ? "" : `${body}/`;
  const documents = document["nodes"] as readonly JsonObject[];
  const own = new Map(
    documents.map((node) => [`${prefix}${textOf(node["id"])}`, compileNode(node, prefix)]),
  );
  const names = [...new Set([...around, ...documents.map((node) => textOf(node["id"]))])];
  const start = `${prefix}${textOf(document["start"] ?? documents[0]?.["id"])}`;
  into.bodies.set(body, { start, names });
  for (const [id, node] of own) into.nodes.set(id, node);
  const edges = edgesOf((document["edges"] ?? []) as readonly JsonObject[], prefix, own);
  for (const [from, list] of edges) into.edges.set(from, list);
  for (const [id, { type, document: map }] of own) {
    if (type === "map") compileGraph(map["body"] as JsonObject, id, into, names);
  }
}

function compileNode(document: JsonObject, prefix: string): Node {
  const type = document["type"] as NodeType;
  const fields: Record<string, Template> = {};
  for (const field of FIELDS[type]) {
    const value = document[field];
    if (value !== undefined) fields[field] = parse(value);
  }
  const timeout = document["timeout"];
  return {
    id: `${prefix}${textOf(document["id"])}`,
    type,
    document,
    title: typeof document["title"] === "string" ? document["title"] : undefined,
    with: optional(document["with"]),
    fields,
    assign: members(document["assign"]),
    retry: retryOf(type, (document["retry"] ?? {}) as JsonObject),
    timeoutMs: typeof timeout === "string" ? parseDuration(timeout) : undefined,
    delivery: document["delivery"] as Node["delivery"],
    compensate: typeof document["compensate"] === "string" ? document["compensate"] : undefined,
    onUnknown: (document["onUnknown"] ?? "fail") as Node["onUnknown"],
    split: document["split"] === "all" ? "all" : "first",
    join: joinOf(document["join"]),
    cancels: ((document["cancels"] ?? []) as readonly string[]).map((id) => `${prefix}${id}`),
    map: type === "map" ? policyOf(document) : undefined,
  };
}

function policyOf({ tolerate, ...document }: JsonObject): MapPolicy {
  const percent = typeof tolerate === "string";
  const of = percent ? Number.parseInt(tolerate, 10) : Number(tolerate);
  const { minSuccessful } = document;
  return {
    concurrency: Number(document["concurrency"] ?? CONCURRENCY),
    tolerate: tolerate === undefined ? undefined : { of, percent },
    minSuccessful: typeof minSuccessful === "number" ? minSuccessful : undefined,
    rest: document["rest"] === "ignore" ? "ignore" : "cancel",
  };
}

function retryOf(type: NodeType, retry: JsonObject): Retry {
  const backoff = (retry["backoff"] ?? {}) as JsonObject;
  const ms = (name: string, otherwise: number) => parseDuration(textOf(backoff[name])) ?? otherwise;
  const attempts = type === "llm" || type === "tool" || type === "notify" ? 3 : 1;
  return {
    attemptsMax: Number(retry["maxAttempts"] ?? attempts),
    backoff: {
      initialMs: ms("initial", 1_000),
      factor: Number(backoff["factor"] ?? 2),
      delayMsMax: ms("max", 60_000),
      jitter: backoff["jitter"] === "none" ? "none" : "full",
    },
    on: (retry["on"] ?? ["*"]) as readonly string[],
    notOn: (retry["notOn"] ?? []) as readonly string[],
    exhausted: (retry["exhausted"] ?? "fail") as Retry["exhausted"],
  };
}

function joinOf(join: Json | undefined): Join {
  if (join === "all") return { type: "all" };
  if (join === undefined || join === "any") return { type: "any" };
  const { atLeast, rest } = join as { atLeast: number; rest?: "cancel" | "ignore" };
  return { type: "atLeast", n: atLeast, rest: rest ?? "cancel" };
}

function edgesOf(
  documents: readonly JsonObject[],
  prefix: string,
  nodes: ReadonlyMap<string, Node>,
): ReadonlyMap<string, readonly Edge[]> {
  const result = new Map<string, Edge[]>();
  for (const [index, document] of documents.entries()) {
    const from = `${prefix}${textOf(document["from"])}`;
    const on = textOf(document["on"] ?? "success");
    const isApproval = nodes.get(from)?.type === "approval";
    const edge: Edge = {
      index,
      from,
      to: `${prefix}${textOf(document["to"])}`,
      port: isApproval && on === "approved" ? "success" : on,
      errors: (document["errors"] ?? ["*"]) as readonly string[],
      when: conditionOf(document["when"]),
      label: typeof document["label"] === "string" ? document["label"] : undefined,
    };
    result.set(from, [...(result.get(from) ?? []), edge]);
  }
  return result;
}

function conditionOf(when: Json | undefined): Edge["when"] {
  if (when === undefined || typeof when === "boolean") return when;
  const [, source = ""] = /^\s*\{%([\s\S]*)%\}\s*$/.exec(textOf(when)) ?? [];
  return compileExpression(source.trim());
}

function splits(graph: Graph, start: string, nodes: ReadonlyMap<string, Node>) {
  const result = new Map<string, string>();
  const counting = [...nodes.values()].filter((node) => node.join.type === "atLeast");
  if (counting.length === 0) return result;
  const tree = dominators(graph, start);
  for (const node of counting) {
    const split = nearestAbove(tree, node.id, (other) => nodes.get(other)?.split === "all");
    if (split !== undefined) result.set(node.id, split);
  }
  return result;
}

/** Validation has seen that it is a text. */
function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function optional(value: Json | undefined): Template | undefined {
  return value === undefined ? undefined : parse(value);
}

function members(value: Json | undefined): readonly (readonly [string, Template])[] {
  if (value === undefined) return [];
  return Object.entries(value as JsonObject).map(([name, entry]) => [name, parse(entry)] as const);
}

function parse(value: Json): Template {
  const faults: { path: string; message: string }[] = [];
  const result = compileTemplate(value, "", faults);
  if (faults[0]) throw new Error(`a published workflow does not parse: ${faults[0].message}`);
  return result;
}
