import { isObject, type Json } from "../../kernel/json.ts";
import { checkFields, languageOf } from "./fields.ts";
import { nodeName } from "./names.ts";
import type { Around, Place } from "./place.ts";
import { importChoice } from "./states/choice.ts";
import { importFail, importPass, importSucceed } from "./states/plain.ts";
import { importMap, importParallel } from "./states/scopes.ts";
import { importTask } from "./states/task.ts";
import { importWait } from "./states/wait.ts";

const IMPORT: Readonly<Record<string, (place: Place) => void>> = {
  Pass: importPass,
  Task: importTask,
  Choice: importChoice,
  Wait: importWait,
  Succeed: importSucceed,
  Fail: importFail,
  Parallel: importParallel,
  Map: importMap,
};

/** Adds states to a graph, and gives the name of the node that they begin at. */
export function importGraph(around: Around, definition: Json): string | undefined {
  const { machine, path, graph } = around;
  const at = (field: string) => (path === "" ? field : `${path}.${field}`);
  const { refuse } = machine.report;
  const { States: states, StartAt: start } = isObject(definition) ? definition : {};
  if (!isObject(states) || Object.keys(states).length === 0) {
    refuse(at("States"), "REQUIRED", "there are no states");
    return undefined;
  }
  // A state leads to those beside it, and never to one of another branch.
  graph.entries.clear();
  const ids = new Map(
    Object.keys(states).map((name) => [name, machine.names.take(nodeName(name))]),
  );
  for (const [name, id] of ids) graph.entries.set(name, id);
  const from = graph.edges.length;
  for (const [name, state] of Object.entries(states)) {
    importState(around, { name, id: ids.get(name) ?? "", state, path: at(`States.${name}`) });
  }
  for (const [index, { edge, toState }] of graph.edges.entries()) {
    if (index < from || toState === undefined) continue;
    graph.edges[index] = { edge: { ...edge, to: graph.entries.get(toState) ?? "" } };
  }
  const entry = typeof start === "string" ? graph.entries.get(start) : undefined;
  if (entry === undefined) refuse(at("StartAt"), "INVALID", "names no state");
  return entry;
}

type Named = Readonly<{ name: string; id: string; state: Json; path: string }>;

function importState(around: Around, { name, id, state, path }: Named): void {
  const { machine } = around;
  const { refuse } = machine.report;
  if (name.length > 128 || !isObject(state)) {
    const told = isObject(state) ? "a state's name has at most 128 characters" : "is no object";
    refuse(path, "INVALID", told);
    return;
  }
  const { Type: type, QueryLanguage: own } = state;
  const language = languageOf(own, around.language);
  if (language === undefined || (language === "JSONPath" && around.language === "JSONata")) {
    const told = "must be JSONata, or JSONPath where the whole machine is in JSONPath";
    refuse(`${path}.QueryLanguage`, "INVALID", told);
    return;
  }
  const translate =
    typeof type === "string" && Object.hasOwn(IMPORT, type) ? IMPORT[type] : undefined;
  if (typeof type !== "string" || !translate) {
    refuse(`${path}.Type`, "INVALID", `must be one of ${Object.keys(IMPORT).join(", ")}`);
    return;
  }
  const place: Place = { ...around, name, state, path, language, id };
  checkFields(place, type);
  translate(place);
}
