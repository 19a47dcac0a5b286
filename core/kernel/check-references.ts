import { type Check, isTemplateText } from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Problem } from "./problem.ts";
import { tableOf } from "./table.ts";

/** What validation asks of the world, so that the kernel need not know it. */
export type Known = Readonly<{
  tool(name: string): boolean;
  /** Whether it is published, in that version if one is named. */
  workflow?(name: string, version: number | undefined): boolean;
  model(name: string): boolean;
  /** What is wrong with a customer's JSON Schema, each with a path relative to it. */
  schemaProblems(schema: Json): readonly Problem[];
  /** What is wrong with the code of a script, or with a cell of a decision table. */
  scriptProblem?(code: string): string | undefined;
  cellProblem?(cell: string, kind: "test" | "value"): string | undefined;
}>;

/** What a node names that is not in the document, or is in a language of its own. */
export function checkReferences(node: JsonObject, path: string, known: Known, check: Check): void {
  const { type, tool, model, code, table, onUnknown } = node;
  if (type === "tool") checkTool(tool, `${path}.tool`, known, check);
  if (onUnknown !== undefined && isObject(onUnknown)) {
    checkTool(onUnknown["reconcile"], `${path}.onUnknown.reconcile`, known, check);
  }
  if (
    type === "llm" &&
    typeof model === "string" &&
    !isTemplateText(model) &&
    !known.model(model)
  ) {
    check.error(`${path}.model`, "UNKNOWN_MODEL", `no provider is configured for "${model}"`);
  }
  if (type === "subflow") checkWorkflow(node, path, known, check);
  if (type === "llm" || type === "form") schemaAt(node["schema"], `${path}.schema`, known, check);
  if (type === "script" && typeof code === "string") {
    const problem = known.scriptProblem?.(code);
    if (problem !== undefined) check.error(`${path}.code`, "INVALID_SCRIPT", problem);
  }
  if (type === "rules" && isObject(table)) cellsAt(table, `${path}.table`, known, check);
}

function checkTool(tool: Json | undefined, path: string, known: Known, check: Check): void {
  if (typeof tool !== "string") return;
  if (isTemplateText(tool)) check.error(path, "INVALID_VALUE", "a tool is named literally");
  else if (!known.tool(tool)) {
    check.error(path, "UNKNOWN_TOOL", `no tool "${tool}" is registered`);
  }
}

function checkWorkflow(node: JsonObject, path: string, known: Known, check: Check): void {
  const { workflow, version } = node;
  if (typeof workflow !== "string" || isTemplateText(workflow)) return;
  const number = typeof version === "number" ? version : undefined;
  if (known.workflow?.(workflow, number) !== false) return;
  const which = number === undefined ? "" : ` version ${number}`;
  const text = `no workflow "${workflow}"${which} is published`;
  check.error(`${path}.workflow`, "UNKNOWN_WORKFLOW", text);
}

export function schemaAt(schema: Json | undefined, path: string, known: Known, check: Check): void {
  if (schema === undefined || !isObject(schema)) return;
  for (const problem of known.schemaProblems(schema)) {
    const where = problem.path === "" ? path : `${path}.${problem.path}`;
    check.error(where, "INVALID_SCHEMA", problem.message);
  }
}

function cellsAt(table: JsonObject, path: string, known: Known, check: Check): void {
  for (const [index, { when, values }] of tableOf(table).cells.rules.entries()) {
    const at = `${path}.rules[${index}]`;
    const tell = (cell: string, kind: "test" | "value", where: string) => {
      const problem = known.cellProblem?.(cell, kind);
      if (problem !== undefined) check.error(`${at}.${where}`, "INVALID_EXPRESSION", problem);
    };
    for (const [column, cell] of when.entries()) tell(cell, "test", `when[${column}]`);
    for (const [column, cell] of values.entries()) {
      if ("feel" in cell) tell(cell.feel, "value", `then[${column}].feel`);
    }
  }
}
