import type { Check } from "../../kernel/check.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { template } from "../jsonata-text.ts";
import { nodeIdOf } from "../node-id.ts";
import { areOpposite, jsonataOf } from "./condition.ts";
import { isGateway } from "./kinds.ts";
import type { Connection, Process, ProcessNode } from "./read-process.ts";

/**
 * The edges of a node.
 *
 * From an exclusive gateway, and from whatever is no gateway, the first connection whose condition
 * holds is taken, and else the default. From a parallel one all are; from an inclusive one all that
 * hold are, and the default where none does.
 */
export function edgesFrom(node: ProcessNode, { connections }: Process, check: Check): JsonObject[] {
  const out = connections.filter(({ source }) => source === node.id);
  if (node.kind === "end") {
    for (const { path } of out) {
      check.warn(path, "EDGE_NEVER_TAKEN", `the process ends at "${node.id}"`);
    }
    return [];
  }
  if (node.kind === "parallel") return out.map((one) => always(one, check));
  if (node.kind === "inclusive") return inclusive(out, check);
  return exclusive(node, out, check);
}

/** How many paths a node begins, and for how many it waits. */
export function flowOf({ id, kind }: ProcessNode, { connections }: Process): JsonObject {
  const into = connections.filter(({ target }) => target === id).length;
  const splits = kind === "parallel" || kind === "inclusive";
  return {
    ...(splits && { split: "all" }),
    // Paths that end at a join have come from a split; one that was not taken is not waited for.
    ...(splits && into > 1 && { join: "all" }),
  };
}

function always(connection: Connection, check: Check): JsonObject {
  if (connection.condition !== undefined) {
    const message = "a parallel gateway takes all its connections, whatever their conditions say";
    check.warn(connection.path, "NO_EFFECT", message);
  }
  return edge(connection);
}

function exclusive(node: ProcessNode, out: readonly Connection[], check: Check): JsonObject[] {
  const [only] = out;
  if (only !== undefined && out.length === 1 && only.condition === undefined) return [edge(only)];
  const elses = out.filter((one) => one.isDefault || one.condition === undefined);
  const tried = out.filter((one) => !elses.includes(one));
  const [otherwise, another] = elses;
  if (another !== undefined) {
    const text = isGateway(node.kind)
      ? "only one connection may have no condition, or be the default"
      : "nothing says which connection is taken: put a gateway between, or conditions";
    check.error(another.path, "AMBIGUOUS_CHOICE", `"${node.id}" has two ways on: ${text}`);
  }
  if (otherwise === undefined && out.length > 0 && !isExhaustive(tried)) {
    const message = `where no condition of "${node.id}" holds, the process fails`;
    check.warn(node.path, "NO_DEFAULT", message);
  }
  return [
    ...tried.map((one) => edge(one, one.condition && jsonataOf(one.condition))),
    ...elses.map((one) => edge(one)),
  ];
}

function inclusive(out: readonly Connection[], check: Check): JsonObject[] {
  const defaults = out.filter(({ isDefault }) => isDefault);
  const [, another] = defaults;
  if (another) check.error(another.path, "AMBIGUOUS_CHOICE", "there is another default");
  const tried = out.filter(({ isDefault }) => !isDefault);
  const conditions = tried.map(({ condition }) => (condition ? jsonataOf(condition) : "true"));
  // With nothing else to take, the default is what is taken.
  const none = conditions.length === 0 ? undefined : `$not(${conditions.join(" or ")})`;
  return [
    ...tried.map((one) => edge(one, one.condition && jsonataOf(one.condition))),
    ...defaults.map((one) => edge(one, none)),
  ];
}

function isExhaustive([one, other, ...more]: readonly Connection[]): boolean {
  if (!one?.condition || !other?.condition || more.length > 0) return false;
  return areOpposite(one.condition, other.condition);
}

function edge({ source, target }: Connection, when?: string): JsonObject {
  const ends = { from: nodeIdOf(source) ?? "", to: nodeIdOf(target) ?? "" };
  return when === undefined ? ends : { ...ends, when: template(when) };
}

/** The one node that a process begins with: what is called so, or what nothing leads to. */
export function startOf({ nodes, connections }: Process, check: Check): string | undefined {
  const called = nodes.filter(({ kind }) => kind === "start");
  const [only, another] = called.length > 0 ? called : nodes.filter(isFirst);
  if (another !== undefined) {
    const path = called.length > 0 ? `${another.path}.type` : another.path;
    check.error(path, "AMBIGUOUS_START", `"${another.id}" could be where the process begins, too`);
  } else if (only === undefined && nodes.length > 0) {
    check.error("nodes", "REQUIRED", "one node has the type startProcess");
  }
  return only?.id;

  function isFirst({ id }: ProcessNode): boolean {
    return connections.every(({ target }) => target !== id);
  }
}
