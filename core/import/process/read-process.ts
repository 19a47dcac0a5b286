import type { Check } from "../../kernel/check.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { type Condition, readCondition } from "./condition-syntax.ts";
import { type Kind, kindOf, typeOf } from "./kinds.ts";

/** A member of a node, which may stand in its `data` or beside it; `data` comes first. */
export type Field = Readonly<{ value: Json; path: string }>;
export type ProcessNode = Readonly<{
  id: string;
  type: string;
  kind: Kind;
  label: string;
  path: string;
  fields: ReadonlyMap<string, Field>;
}>;
export type Connection = Readonly<{
  source: string;
  target: string;
  condition: Condition | undefined;
  isDefault: boolean;
  path: string;
}>;
export type Process = Readonly<{
  nodes: readonly ProcessNode[];
  connections: readonly Connection[];
}>;

/** Reads `{nodes, connections}`, or `edges` for `connections`; every fault is told to `check`. */
export function readProcess(document: JsonObject, check: Check): Process {
  if (document["nodes"] === undefined) check.error("nodes", "REQUIRED", "a process has nodes");
  const nodes = objects(document["nodes"], "nodes", check).flatMap(([node, path]) =>
    nodeOf(node, path, check),
  );
  const known = new Set<string>();
  for (const { id, path } of nodes) {
    if (known.has(id)) check.error(`${path}.id`, "DUPLICATE_ID", `another node is called "${id}"`);
    known.add(id);
  }
  const list = document["connections"] === undefined ? "edges" : "connections";
  const connections = objects(document[list] ?? [], list, check).flatMap(([connection, path]) =>
    connectionOf(connection, path, known, check),
  );
  return { nodes, connections };
}

/** What only says how a node is drawn, or is read elsewhere. */
const APART = new Set(["id", "type", "data"]);

function nodeOf(node: JsonObject, path: string, check: Check): readonly ProcessNode[] {
  const id = idIn(node, "id", path, check);
  const { data = {} } = node;
  if (!isObject(data)) check.error(`${path}.data`, "INVALID_TYPE", "must be an object");
  const fields = new Map<string, Field>();
  for (const [name, value] of Object.entries(node)) {
    if (!APART.has(name)) fields.set(name, { value, path: `${path}.${name}` });
  }
  for (const [name, value] of Object.entries(isObject(data) ? data : {})) {
    fields.set(name, { value, path: `${path}.data.${name}` });
  }
  const type = typeof node["type"] === "string" ? node["type"] : "";
  const kind = kindOf(type, fields.get("gatewayType")?.value);
  if (kind === undefined) check.error(`${path}.type`, "UNKNOWN_NODE_TYPE", typeOf(node["type"]));
  if (id === undefined || kind === undefined) return [];
  return [{ id, type, kind, label: labelOf(fields) ?? id, path, fields }];
}

function labelOf(fields: ReadonlyMap<string, Field>): string | undefined {
  for (const name of ["label", "taskName", "name"]) {
    const value = fields.get(name)?.value;
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function connectionOf(
  connection: JsonObject,
  path: string,
  known: ReadonlySet<string>,
  check: Check,
): readonly Connection[] {
  const source = idIn(connection, "source", path, check);
  const target = idIn(connection, "target", path, check);
  for (const [end, id] of [["source", source] as const, ["target", target] as const]) {
    if (id === undefined || known.has(id)) continue;
    check.error(`${path}.${end}`, "DANGLING_EDGE", `there is no node "${id}"`);
  }
  const data = isObject(connection["data"]) ? connection["data"] : {};
  const beside = connection["condition"] ?? null;
  const [given, at] =
    beside === null
      ? [data["condition"] ?? null, `${path}.data.condition`]
      : [beside, `${path}.condition`];
  const condition = conditionOf(given, at, check);
  const isDefault = (connection["isDefault"] ?? data["isDefault"]) === true;
  if (source === undefined || target === undefined) return [];
  return [{ source, target, condition, isDefault, path }];
}

function conditionOf(given: Json, path: string, check: Check): Condition | undefined {
  if (given === null || given === "") return undefined;
  if (typeof given === "boolean") return { type: "value", value: given };
  if (typeof given !== "string") {
    check.error(path, "INVALID_TYPE", 'must be a text, such as "amount > 100"');
    return undefined;
  }
  const read = readCondition(given);
  if (read.ok) return read.condition;
  check.error(path, "INVALID_CONDITION", read.message);
  return undefined;
}

function idIn(of: JsonObject, name: string, path: string, check: Check): string | undefined {
  const value = of[name];
  if (typeof value === "string" && value !== "") return value;
  // Some editors count their nodes.
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  const code = value === undefined ? "REQUIRED" : "INVALID_TYPE";
  check.error(`${path}.${name}`, code, "must be a text, not empty");
  return undefined;
}

function objects(value: Json | undefined, path: string, check: Check): [JsonObject, string][] {
  if (!Array.isArray(value)) {
    if (value !== undefined) check.error(path, "INVALID_TYPE", "must be a list");
    return [];
  }
  return value.flatMap((entry: Json, index): [JsonObject, string][] => {
    const at = `${path}[${index}]`;
    if (isObject(entry)) return [[entry, at]];
    check.error(at, "INVALID_TYPE", "must be an object");
    return [];
  });
}
