import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";

export type Condition = Readonly<{ key: string; operator: string; value: Json }>;
export type GraphDocument = Readonly<{
  nodes: readonly Readonly<{ id: string; function: string }>[];
  edges: readonly Readonly<{ source: string; target: string; condition?: Condition | null }>[];
  start_node: string;
}>;

export type Came = Readonly<{
  status: "completed" | "failed" | "endless";
  state: JsonObject;
  path: readonly string[];
}>;

/** What the dialect says of a graph, told once more and in another way: by walking it. */
export function interpret(
  { nodes, edges, start_node }: GraphDocument,
  initial: JsonObject,
  visitsMax: number,
): Came {
  const byId = new Map(nodes.map((node) => [node.id, node.function]));
  const visits = new Map<string, number>();
  const path: string[] = [];
  let state: JsonObject = initial;
  let at: string | undefined = start_node;
  while (at !== undefined) {
    const node: string = at;
    const count = (visits.get(node) ?? 0) + 1;
    visits.set(node, count);
    if (count > visitsMax) return { status: "endless", state, path };
    path.push(node);
    const called = byId.get(node) ?? "";
    const next = called === "echo" ? state : apply(called, state);
    if (next === undefined) return { status: "failed", state, path };
    state = next;
    if (called === "finish_pipeline") return { status: "completed", state, path };
    const taken = edges
      .filter(({ source }) => source === node)
      .reduce<string>((found, { target, condition }) => {
        if (found !== "none") return found;
        const holds = condition ? matches(condition, state) : true;
        if (holds === "error") return "error";
        return holds ? `to:${target}` : "none";
      }, "none");
    if (taken === "error") return { status: "failed", state, path };
    at = taken === "none" ? undefined : taken.slice(3);
  }
  return { status: "completed", state, path };
}

function apply(called: string, state: JsonObject): JsonObject | undefined {
  const count = Object.hasOwn(state, "anomaly_count") ? state["anomaly_count"] : undefined;
  switch (called) {
    case "profile_data":
      return { ...state, dataset_size: 1000, anomaly_count: count ?? (count === null ? null : 50) };
    case "generate_rules":
      return { ...state, rules_generated: true };
    case "apply_rules":
      if (count !== undefined && typeof count !== "number") return undefined;
      return { ...state, anomaly_count: Math.floor((count ?? 0) / 2) };
    default:
      return state;
  }
}

function matches({ key, operator, value }: Condition, state: JsonObject): boolean | "error" {
  if (!Object.hasOwn(state, key)) return false;
  const left = state[key] ?? null;
  if (operator === "==") return isDeepStrictEqual(left, value);
  if (operator === "!=") return !isDeepStrictEqual(left, value);
  if (operator === "in") {
    if (Array.isArray(value)) return value.some((entry) => isDeepStrictEqual(entry, left));
    if (typeof value === "string" && typeof left === "string") return value.includes(left);
    return "error";
  }
  if (typeof left !== typeof value || left === null || isObject(left)) return "error";
  if (typeof left !== "number" && typeof left !== "string") return "error";
  const right = value as number;
  const compared = left as number;
  if (operator === ">") return compared > right;
  if (operator === "<") return compared < right;
  return operator === ">=" ? compared >= right : compared <= right;
}
