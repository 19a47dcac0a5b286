import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { effectiveInput, type Left, leave, payload } from "../data.ts";
import { endAs, onFailure } from "../failure.ts";
import { addEdge, addNode, assignOf, extra, goOn, titled } from "../flow.ts";
import { isJsonata, jsonataOf, jsonataValue } from "../jsonata.ts";
import { pathOf } from "../paths.ts";
import { finish, newGraph, type Place, refuse } from "../place.ts";
import { quoted, template } from "../text.ts";

/** Items under way unless the author says, as at AWS; of a distributed Map, as many as we may. */
const CONCURRENCY = 40;
const CONCURRENCY_MAX = 1_000;
/** A workflow has so many maps in each other. */
const DEPTH_MAX = 4;

/** Parallel is a `map` over its branches: each item is one, in a scope of its own. */
export function importParallel(place: Place): void {
  const branches = place.state["Branches"];
  if (!Array.isArray(branches) || branches.length === 0 || branches.length > CONCURRENCY_MAX) {
    refuse(place, "Branches", "INVALID", "must be a list of branches");
    return;
  }
  if (!isShallow(place)) return;
  const graph = newGraph();
  const inside: Place = { ...place, graph };
  const begin = extra(place, "branches");
  addNode(inside, {
    id: begin,
    type: "set",
    with: payload(place),
    assign: { _state: template("$output") },
  });
  for (const [index, branch] of (branches as readonly Json[]).entries()) {
    const field = `Branches[${index}]`;
    const start = statesIn(inside, field, branch, place.inMap);
    const when = template(`$index = ${index}`);
    if (start !== undefined) addEdge(inside, { from: begin, when }, start);
  }
  const map = {
    items: branches.map((_, index) => index),
    concurrency: branches.length,
    body: { ...finish(graph, begin), start: begin },
  };
  leaveScope(place, map, "$output");
}

/** Map is a `map`: each item is a scope whose data begins as the item. */
export function importMap(place: Place): void {
  const { state } = place;
  const processor = state["ItemProcessor"] ?? state["Iterator"];
  const field = state["ItemProcessor"] === undefined ? "Iterator" : "ItemProcessor";
  if (!isObject(processor)) {
    refuse(place, field, "REQUIRED", "a Map has an ItemProcessor");
    return;
  }
  if (!isShallow(place)) return;
  const selector = state["ItemSelector"] === undefined ? "Parameters" : "ItemSelector";
  const graph = newGraph();
  const inside: Place = { ...place, graph };
  const begin = extra(place, "item");
  const isAsked = /Map\.Item|\$states\b|"\$\$"/.test(JSON.stringify(processor));
  const item = { Item: { Index: template("$index"), Value: template("$item") } };
  addNode(inside, {
    id: begin,
    type: "set",
    with: selected(place, selector),
    assign: { _state: template("$output"), ...(isAsked && { _map: item }) },
  });
  const start = statesIn(inside, field, processor, isAsked);
  if (start !== undefined) addEdge(inside, { from: begin }, start);
  const map = {
    items: itemsOf(place),
    concurrency: concurrencyOf(place, isDistributed(processor)),
    ...toleranceOf(place),
    body: { ...finish(graph, begin), start: begin },
  };
  leaveScope(place, map, "$output");
}

/** Adds the states of a branch or of an item processor to the graph of a scope. */
function statesIn(place: Place, field: string, definition: Json, inMap: boolean) {
  const { machine, graph, language, depth } = place;
  const path = `${place.path}.${field}`;
  return machine.states({ machine, graph, path, language, inMap, depth: depth + 1 }, definition);
}

function isShallow(place: Place): boolean {
  if (place.depth < DEPTH_MAX) return true;
  refuse(place, "", "LIMIT", `Maps and Parallels are in each other deeper than ${DEPTH_MAX}`);
  return false;
}

function selected(place: Place, selector: "Parameters" | "ItemSelector"): Json {
  const given = place.state[selector];
  if (given === undefined) return template("$item");
  if (selector === "ItemSelector") return payload(place, "ItemSelector");
  const legacy = { ...place, state: { ...place.state, ItemSelector: given } };
  return payload(legacy, "ItemSelector");
}

function isDistributed({ ProcessorConfig: config }: JsonObject): boolean {
  return isObject(config) && config["Mode"] === "DISTRIBUTED";
}

function itemsOf(place: Place): Json {
  const { state, language } = place;
  if (language === "JSONata") {
    const given = state["Items"];
    if (given !== undefined && !isJsonata(given)) {
      const items = jsonataValue(place, "Items", given);
      if (Array.isArray(items)) return items;
      refuse(place, "Items", "INVALID", "must be a list or an expression");
      return [];
    }
    const items = given === undefined ? effectiveInput(place) : jsonataOf(place, "Items", given);
    const told = given === undefined ? "Map state input must be an array" : unexpected(given);
    return aList(items, "States.QueryEvaluationError", told);
  }
  const at = effectiveInput(place);
  const path = state["ItemsPath"] ?? "$";
  if (typeof path !== "string") {
    refuse(place, "ItemsPath", "INVALID", "must be a path");
    return [];
  }
  const items = `(${countChecked(place, at)}${pathOf(place, "ItemsPath", path, { at })})`;
  return aList(items, "States.Runtime", `Reference path "${path}" must point to array.`);
}

/** `MaxConcurrencyPath` must lead to a count, although nothing here depends on it. */
function countChecked(place: Place, at: string): string {
  const path = place.state["MaxConcurrencyPath"];
  if (path === undefined) return "";
  if (typeof path !== "string") {
    refuse(place, "MaxConcurrencyPath", "INVALID", "must be a path");
    return "";
  }
  const count = pathOf(place, "MaxConcurrencyPath", path, { at });
  const told = quoted(
    `The MaxConcurrencyPath field refers to a value which is not a valid integer: ${path}`,
  );
  return `$contains($string(${count}), /^[0-9]+$/) ? true : $fail("States.Runtime", ${told}); `;
}

function unexpected(items: string): string {
  return `The JSONata expression '${items.slice(2, -2).trim().slice(0, 200)}' specified for the field 'Items' returned an unexpected result type. Expected 'array'`;
}

function aList(items: string, code: string, told: string): string {
  return template(
    `($items := ${items}; $type($items) = "array" ? $items : $fail("${code}", ${quoted(told)}))`,
  );
}

function concurrencyOf(place: Place, distributed: boolean): number {
  const { MaxConcurrency: given, MaxConcurrencyPath: path } = place.state;
  const most = distributed ? CONCURRENCY_MAX : CONCURRENCY;
  if (path !== undefined || isJsonata(given)) {
    const told = "how many items are at once is not computed here: they are one after the other";
    const field = path === undefined ? "MaxConcurrency" : "MaxConcurrencyPath";
    place.machine.report.warn(`${place.path}.${field}`, "ONE_AT_A_TIME", told);
    return 1;
  }
  if (given === undefined || given === 0) return most;
  if (typeof given === "number" && Number.isInteger(given) && given > 0) {
    return Math.min(given, CONCURRENCY_MAX);
  }
  refuse(place, "MaxConcurrency", "INVALID", "must be a whole number");
  return 1;
}

function toleranceOf(place: Place): JsonObject {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percent } = place.state;
  if (count === undefined && percent === undefined) return {};
  if (count !== undefined && percent !== undefined) {
    const told = "a count and a percentage together have no counterpart here";
    refuse(place, "ToleratedFailurePercentage", "NOT_SUPPORTED", told);
    return {};
  }
  const field = count === undefined ? "ToleratedFailurePercentage" : "ToleratedFailureCount";
  const given = count ?? percent;
  if (typeof given !== "number" || !Number.isInteger(given) || given < 0) {
    const isNumber = typeof given === "number" && given >= 0;
    const told =
      isNumber || isJsonata(given) ? "only a whole number is taken here" : "must be a number";
    refuse(place, field, isNumber || isJsonata(given) ? "NOT_SUPPORTED" : "INVALID", told);
    return {};
  }
  return { tolerate: count === undefined ? `${Math.min(given, 100)}%` : Math.min(given, 100_000) };
}

/** An item that failed and was tolerated, as AWS tells of it. */
const FAILED_ITEMS =
  `$map($output, function($one) { $type($one) = "object" and $keys($one) = "error" and $exists($one.error.node) ` +
  `? {"Error": $one.error.code, "Cause": $one.error.message} : $one })`;

/** Adds the map of a Map or a Parallel, with what it does when it fails and where it leads. */
function leaveScope(place: Place, map: JsonObject, output: string): void {
  const { id, graph, state } = place;
  const tolerant =
    map["tolerate"] !== undefined && map["tolerate"] !== 0 && map["tolerate"] !== "0%";
  const result = tolerant ? `$append([], ${FAILED_ITEMS.replace("$output", output)})` : output;
  const isSplit = Array.isArray(state["Catch"]);
  const after = isSplit ? extra(place, "output") : undefined;
  const at = after === undefined ? result : result.replace(output, `$steps.\`${id}\`.output`);
  const left: Left = leave(place, at, true);
  const failing = after === undefined ? ([id] as const) : ([id, after] as const);
  const { entry } = onFailure(place, failing, false, false);
  graph.entries.set(place.name, entry);
  if (map["tolerate"] !== undefined) {
    endAs(place, id, "MAP_FAILED", "States.ExceedToleratedFailureThreshold");
  }
  const node: JsonObject = { ...titled(place), type: "map", ...map };
  if (after === undefined) {
    addNode(place, { ...node, assign: assignOf(left) });
    return goOn(place, id, left.isPlain && !tolerant);
  }
  addNode(place, node);
  const assign = { _state: template("$output"), ...left.assign };
  addNode(place, { id: after, type: "set", with: left.output, assign });
  addEdge(place, { from: id }, after);
  goOn(place, after, true);
}
