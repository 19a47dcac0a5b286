import { isObject, type Json } from "../../kernel/json.ts";
import type { Imported, Importing } from "../imported.ts";
import { languageOf } from "./fields.ts";
import { newNames } from "./names.ts";
import { finish, type Machine, newGraph } from "./place.ts";
import { newReport } from "./report.ts";
import { importGraph } from "./states.ts";
import { template } from "./text.ts";

const TOP = new Set(["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"]);
/** At AWS a run has at most 25,000 events, and each visit of a state makes two. */
const VISITS_MAX = 12_500;
const SECONDS_MAX = 99_999_999;

/**
 * Amazon States Language, in JSONPath and in JSONata.
 *
 * What goes from state to state is the variable `_state`; every state is a node of its name, with
 * nodes beside it where it does more than one of ours. A Parallel is a map over its branches.
 */
export function importAsl({ document, name, tools = {} }: Importing): Imported {
  const report = newReport();
  if (name === undefined)
    report.refuse("name", "REQUIRED", "a state machine has no name of its own");
  if (!isObject(document)) {
    report.refuse("", "INVALID", "a state machine is a JSON object");
    return { ok: false, refused: report.refused };
  }
  for (const field of Object.keys(document)) {
    if (!TOP.has(field)) report.refuse(field, "INVALID", "is no field of a state machine");
  }
  const language = languageOf(document["QueryLanguage"], "JSONPath");
  if (!language) report.refuse("QueryLanguage", "INVALID", "must be JSONPath or JSONata");
  const deadline = deadlineOf(document["TimeoutSeconds"]);
  if (deadline === null) report.refuse("TimeoutSeconds", "INVALID", "must be a whole number");
  const variables = new Set<string>();
  gatherVariables(document, variables);
  const machine: Machine = { report, names: newNames(), tools, variables, states: importGraph };
  const graph = newGraph();
  const around = { machine, graph, path: "", language: language ?? "JSONPath", depth: 0 };
  const start = importGraph({ ...around, inMap: false }, document);
  if (report.refused.length > 0 || start === undefined)
    return { ok: false, refused: report.refused };
  const comment = document["Comment"];
  return {
    ok: true,
    document: {
      name: name ?? "",
      ...(typeof comment === "string" && { description: comment.replaceAll("{%", "{ %") }),
      vars: { _state: template("$input") },
      start,
      ...finish(graph, start),
      limits: { maxVisits: VISITS_MAX, ...(deadline && { deadline }) },
    },
    warnings: report.warnings,
  };
}

/** Null for what is no time. */
function deadlineOf(seconds: Json | undefined): string | null | undefined {
  if (seconds === undefined) return undefined;
  const isWhole = typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 1;
  return isWhole && seconds <= SECONDS_MAX ? `PT${seconds}S` : null;
}

const DEPTH_MAX = 64;

/** Every name that some `Assign` of the machine has. */
function gatherVariables(value: Json, into: Set<string>, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return;
  for (const [name, entry] of Object.entries(value)) {
    if (name === "Assign" && isObject(entry)) {
      for (const variable of Object.keys(entry)) into.add(variable.replace(/\.\$$/, ""));
    }
    gatherVariables(entry, into, depth + 1);
  }
}
