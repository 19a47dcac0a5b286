import type { Check } from "./check.ts";
import { checkAgenda } from "./check-agenda.ts";
import { checkNotify } from "./check-notify.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { NodeType } from "./workflow.ts";

/** What cannot be said of one field alone. */
export function checkTogether(type: NodeType, node: JsonObject, path: string, check: Check): void {
  const has = (field: string) => node[field] !== undefined;
  if (type === "tool" && !has("tool")) {
    check.error(`${path}.tool`, "REQUIRED", "a tool node names its tool");
  }
  if (type === "llm" && has("prompt") === has("messages")) {
    const text = "an llm node has either a prompt or messages";
    check.error(`${path}.prompt`, has("prompt") ? "INVALID_VALUE" : "REQUIRED", text);
  }
  if (type === "wait") checkWait(node, path, check);
  if (type === "script" && !has("code")) {
    check.error(`${path}.code`, "REQUIRED", "a script has code, the body of a function of input");
  }
  if (type === "ask" && !has("prompt")) {
    check.error(`${path}.prompt`, "REQUIRED", "an ask has a prompt");
  }
  if (type === "rules" && !has("table") && !has("rules")) {
    check.error(`${path}.table`, "REQUIRED", "rules have a table");
  }
  if (type === "approval") checkApproval(node, path, check);
  if (type === "notify") checkNotify(node, path, check);
  if (["approval", "form", "ask"].includes(type)) checkAgenda(type, node, path, check);
  if (type === "map" && !has("items")) {
    check.error(`${path}.items`, "REQUIRED", "a map has items: a list or an object");
  }
  if (type === "subflow" && !has("workflow")) {
    check.error(`${path}.workflow`, "REQUIRED", "a subflow names the workflow that it starts");
  }
  if (has("with") && (type === "llm" || type === "wait" || type === "map")) {
    const text = `with changes nothing on a node of type ${type}`;
    check.warn(`${path}.with`, "NO_EFFECT", text);
  }
  if (["tool", "llm", "notify", "subflow"].includes(type)) return;
  if (has("timeout") && !hasTimeout(type, node)) {
    const text = "timeout changes nothing on a node that waits for no answer";
    check.warn(`${path}.timeout`, "NO_EFFECT", text);
  }
  for (const field of ["retry", "delivery", "onUnknown"].filter(has)) {
    const text = `${field} changes nothing on a node that calls nothing`;
    check.warn(`${path}.${field}`, "NO_EFFECT", text);
  }
}

function checkWait(node: JsonObject, path: string, check: Check): void {
  const fields = ["until", "for", "event", "any", "all"];
  if (fields.filter((field) => node[field] !== undefined).length !== 1) {
    check.error(path, "REQUIRED", "a wait has one of until, for, event, any and all");
  }
  checkEventName(node, path, check);
}

function hasTimeout(type: NodeType, node: JsonObject): boolean {
  if (["approval", "form", "ask", "script"].includes(type)) return true;
  return ["event", "any", "all"].some((field) => node[field] !== undefined);
}

function isAddressLike(approver: Json): boolean {
  return typeof approver === "string" && approver.includes("@");
}

function checkApproval(node: JsonObject, path: string, check: Check): void {
  const options = node["options"];
  if (Array.isArray(options)) {
    const ids = options.map((entry: Json) => (isObject(entry) ? entry["id"] : entry));
    if (new Set(ids).size !== ids.length) {
      check.error(`${path}.options`, "DUPLICATE_ID", "two options have one id");
    }
    if (!ids.includes("approved")) {
      const text = 'one option has the id "approved", which is the success of the approval';
      check.error(`${path}.options`, "REQUIRED", text);
    }
    for (const reserved of ["success", "error", "timeout"]) {
      if (ids.includes(reserved)) {
        check.error(`${path}.options`, "INVALID_VALUE", `${reserved} is the name of a port`);
      }
    }
  }
  const { approvers, quorum } = node;
  const addresses = Array.isArray(approvers) && approvers.every(isAddressLike);
  if (typeof quorum === "number" && addresses && quorum > approvers.length) {
    const text = `the quorum of ${quorum} is more than the ${approvers.length} approvers`;
    check.error(`${path}.quorum`, "INVALID_VALUE", text);
  }
  if (approvers === undefined) {
    const text = "nobody is named: any key that may decide can settle it, and no mail is sent";
    check.warn(`${path}.approvers`, "NO_APPROVERS", text);
  }
}

export function checkEventName(wait: JsonObject, path: string, check: Check): void {
  const { event } = wait;
  if (isObject(event) && event["name"] === undefined) {
    check.error(`${path}.event.name`, "REQUIRED", "an event has a name");
  }
}
