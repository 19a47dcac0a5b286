import { type Check, newCheck } from "../../kernel/check.ts";
import { isObject, type JsonObject } from "../../kernel/json.ts";
import type { Importing, NeededTool, Translate } from "../imported.ts";
import { plainText, template } from "../jsonata-text.ts";
import { nodeIdOf } from "../node-id.ts";
import { DATA } from "./condition.ts";
import { edgesFrom, flowOf, startOf } from "./flow.ts";
import { isGateway } from "./kinds.ts";
import type { Place } from "./place.ts";
import { type Process, type ProcessNode, readProcess } from "./read-process.ts";
import { callTask } from "./tasks/call.ts";
import { llmTask } from "./tasks/llm.ts";
import { rulesTask } from "./tasks/rules.ts";
import { scriptTask } from "./tasks/script.ts";
import { sendTask } from "./tasks/send.ts";
import { timerEvent } from "./tasks/timer.ts";
import { userTask } from "./tasks/user.ts";

/**
 * `{nodes: [{id, type, data}], connections: [{source, target, condition, isDefault}]}`.
 *
 * The data of a process is one variable, `processData`. What a task comes to is merged into it, and
 * conditions read it; they are parsed, and never run as code.
 */
export const importProcess: Translate = (order) => {
  const { document } = order;
  const check = newCheck();
  if (!isObject(document)) {
    check.error("", "INVALID_TYPE", "a process is a JSON object");
    return { ok: false, refused: check.errors };
  }
  const name = order.name ?? nameIn(document);
  if (name === undefined) check.error("name", "REQUIRED", "say what the workflow is to be called");
  const process = readProcess(document, check);
  for (const { id, path } of process.nodes) {
    if (nodeIdOf(id) !== undefined) continue;
    const message = "is too long, or has too many characters that are no letters";
    check.error(`${path}.id`, "LIMIT", message);
  }
  const start = startOf(process, check);
  const tools: NeededTool[] = [];
  const nodes = process.nodes.map((node) => nodeFor(node, process, order, check, tools));
  const edges = process.nodes.flatMap((node) => edgesFrom(node, process, check));
  if (check.errors.length > 0) return { ok: false, refused: check.errors };
  return {
    ok: true,
    warnings: check.warnings,
    tools,
    document: {
      name: name ?? "",
      ...titleOf(document),
      input: { type: "object" },
      vars: { processData: template("$input") },
      start: nodeIdOf(start ?? "") ?? "",
      nodes,
      edges,
      output: template(DATA),
    },
  };
};

/** A document says its name for people; ours is made of it. */
function nameIn(document: JsonObject): string | undefined {
  for (const given of [document["name"], document["id"]]) {
    if (typeof given !== "string") continue;
    const made = given
      .normalize("NFKD")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 63);
    if (made !== "") return made;
  }
  return undefined;
}

function titleOf({ name, description }: JsonObject): JsonObject {
  return {
    ...(typeof name === "string" && name !== "" && { title: plainText(name) }),
    ...(typeof description === "string" && { description: plainText(description) }),
  };
}

function nodeFor(
  node: ProcessNode,
  process: Process,
  { tools = {} }: Importing,
  check: Check,
  needed: NeededTool[],
): JsonObject {
  const place = { node, check, tools, need: (tool: NeededTool) => void needed.push(tool) };
  return {
    id: nodeIdOf(node.id) ?? "",
    title: plainText(node.label),
    ...taskFor(place),
    ...flowOf(node, process),
  };
}

function taskFor(place: Place): JsonObject {
  const { kind } = place.node;
  if (isGateway(kind)) return { type: "set" };
  switch (kind) {
    case "start":
      return { type: "set" };
    case "end":
      return { type: "end" };
    case "user":
      return userTask(place);
    case "script":
      return scriptTask(place);
    case "call":
      return callTask(place);
    case "send":
      return sendTask(place);
    case "rules":
      return rulesTask(place);
    case "llm":
      return llmTask(place);
    case "timer":
      return timerEvent(place);
  }
}
