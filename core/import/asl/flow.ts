import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Left } from "./data.ts";
import { nodeName } from "./names.ts";
import { type Place, refuse } from "./place.ts";
import { template } from "./text.ts";

/** Adds a node to the graph that a state is in. */
export function addNode({ graph }: Place, node: JsonObject): void {
  graph.nodes.push(node);
}

/** Adds an edge to a node; `edge` has all but its end. */
export function addEdge({ graph }: Place, edge: JsonObject, to: string): void {
  graph.edges.push({ edge: { ...edge, to } });
}

/** An edge to wherever the state of that name begins. */
export function goTo(place: Place, edge: JsonObject, state: Json | undefined, field: string): void {
  const { graph } = place;
  if (typeof state !== "string" || !graph.entries.has(state)) {
    const what =
      typeof state === "string" ? `no state "${state}" beside it` : "a state is named here";
    refuse(place, field, state === undefined ? "REQUIRED" : "INVALID", `there is ${what}`);
    return;
  }
  graph.edges.push({ edge, toState: state });
}

/** `Next`, or the end of the scope. `output` says what it ends with, unless `from`'s own output. */
export function goOn(place: Place, from: string, endsItself: boolean): void {
  const { state } = place;
  if (state["End"] === true && state["Next"] === undefined) {
    if (endsItself) return;
    const end = extra(place, "end");
    addNode(place, { id: end, type: "end", output: template("$vars._state") });
    addEdge(place, { from }, end);
    return;
  }
  if (state["End"] !== undefined && state["End"] !== false) {
    refuse(place, "End", "INVALID", "a state has either Next or End");
  }
  goTo(place, { from }, state["Next"], "Next");
}

/** The id of a node that a state needs beside its own. */
export function extra({ machine, name }: Place, what: string): string {
  return machine.names.take(`${nodeName(name)}-${what}`);
}

/** The variables that a node sets when it leaves `left` behind. */
export function assignOf({ output, assign }: Left): JsonObject {
  return { _state: output, ...assign };
}

export function titled({ id, name }: Place): JsonObject {
  return id === name ? { id } : { id, title: name.replaceAll("{%", "{ %") };
}
