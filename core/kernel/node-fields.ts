import {
  aBoolean,
  aDuration,
  aDurationOrTemplate,
  aName,
  aNumber,
  anInstantOrTemplate,
  anObject,
  aTemplate,
  aText,
  type Check,
  type FieldCheck,
  listOf,
  notYet,
  oneOf,
  templates,
} from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { MAP_FIELDS } from "./map-fields.ts";
import { PARTS_MAX } from "./nodes/wait-several.ts";
import type { NodeType } from "./workflow.ts";

const backoff = anObject({
  initial: aDuration,
  factor: aNumber(1, 100, false),
  max: aDuration,
  jitter: oneOf("full", "none"),
});

const retry = anObject({
  maxAttempts: aNumber(1, 100),
  backoff,
  on: listOf(aText, 50),
  notOn: listOf(aText, 50),
  exhausted: (value, path, check) => {
    if (value === "pause" || value === "ask") notYet(`exhausted: "${value}"`)(value, path, check);
    else oneOf("fail", "pause", "ask")(value, path, check);
  },
});

const onUnknown: FieldCheck = (value, path, check) => {
  if (isObject(value) || value === "ask") notYet("this onUnknown")(value, path, check);
  else oneOf("fail", "retry", "ask")(value, path, check);
};

const join: FieldCheck = (value, path, check) => {
  if (value === "any" || value === "all") return;
  const rest = oneOf("cancel", "ignore");
  if (isObject(value)) anObject({ atLeast: aNumber(1, 10_000), rest })(value, path, check);
  else check.error(path, "INVALID_VALUE", 'must be "any", "all" or {"atLeast": n}');
  if (isObject(value) && value["atLeast"] === undefined) {
    check.error(path, "REQUIRED", "needs atLeast");
  }
};

const COMMON: Readonly<Record<string, FieldCheck>> = {
  id: aName,
  type: aText,
  title: aText,
  description: aText,
  with: aTemplate,
  assign: templates,
  retry,
  timeout: aDuration,
  delivery: oneOf("at-least-once", "at-most-once"),
  onUnknown,
  split: oneOf("first", "all"),
  join,
  compensate: notYet("compensate"),
  cancels: listOf(aText, 100),
};

const message = anObject({ role: oneOf("system", "user", "assistant"), content: aText });

const option: FieldCheck = (value, path, check) => {
  if (typeof value === "string") aName(value, path, check);
  else anObject({ id: aName, label: aText })(value, path, check);
};

const textOrTexts: FieldCheck = (value, path, check) => {
  if (typeof value === "string") aText(value, path, check);
  else listOf(aText, 40)(value, path, check);
};

const waitEvent = anObject({ name: aText, key: aText });
const waitPart = anObject({
  until: anInstantOrTemplate,
  for: aDurationOrTemplate,
  event: waitEvent,
});

const severalThings: FieldCheck = (value, path, check) => {
  listOf(waitPart, PARTS_MAX)(value, path, check);
  if (!Array.isArray(value)) return;
  if (value.length === 0) check.error(path, "REQUIRED", "needs at least one event or time");
  for (const [index, part] of value.entries()) {
    if (!isObject(part)) continue;
    const at = `${path}[${index}]`;
    if (["until", "for", "event"].filter((field) => part[field] !== undefined).length !== 1) {
      check.error(at, "REQUIRED", "has one of until, for and event");
    }
    checkEventName(part, at, check);
  }
};

function checkEventName(wait: JsonObject, path: string, check: Check): void {
  const { event } = wait;
  if (isObject(event) && event["name"] === undefined) {
    check.error(`${path}.event.name`, "REQUIRED", "an event has a name");
  }
}

/** The fields of each type beside the common ones. What is not here is refused by name. */
export const NODE_FIELDS: Readonly<Record<NodeType, Readonly<Record<string, FieldCheck>>>> = {
  set: {},
  llm: {
    model: aText,
    system: aText,
    prompt: aText,
    messages: listOf(message),
    schema: aTemplate,
    temperature: aNumber(0, 2, false),
    maxTokens: aNumber(1, 1_000_000),
    script: listOf(aTemplate),
  },
  tool: { tool: aText },
  approval: {
    preview: aTemplate,
    approvers: textOrTexts,
    quorum: aNumber(1, 100),
    options: listOf(option, 10),
    due: aDurationOrTemplate,
    email: aBoolean,
    priority: aNumber(-1000, 1000),
    reminders: notYet("reminders"),
    escalation: notYet("escalation"),
  },
  wait: {
    until: anInstantOrTemplate,
    for: aDurationOrTemplate,
    event: waitEvent,
    any: severalThings,
    all: severalThings,
  },
  end: {
    status: oneOf("succeeded", "failed"),
    output: aTemplate,
    error: anObject({ code: aText, message: aText }),
    terminate: aBoolean,
  },
  map: MAP_FIELDS,
};

/** Of the whole language, and not of this version: refused with a reason of its own. */
const LATER = new Set("script rules agent form ask notify route subflow".split(" "));

/** Checks a node's own fields; true when its type is one that runs. */
export function checkNode(node: JsonObject, path: string, check: Check): boolean {
  const type = node["type"];
  if (typeof type !== "string" || !Object.hasOwn(NODE_FIELDS, type)) {
    const known = Object.keys(NODE_FIELDS).join(", ");
    if (type === undefined) check.error(`${path}.type`, "REQUIRED", "a node needs a type");
    else if (typeof type === "string" && LATER.has(type)) {
      const text = `nodes of type ${type} are not supported by this version, which runs ${known}`;
      check.error(`${path}.type`, "NOT_SUPPORTED", text);
    } else {
      const text = `${JSON.stringify(type).slice(0, 80)} is not a node type; known are ${known}`;
      check.error(`${path}.type`, "UNKNOWN_NODE_TYPE", text);
    }
    return false;
  }
  anObject({ ...COMMON, ...NODE_FIELDS[type as NodeType] })(node, path, check);
  checkTogether(type as NodeType, node, path, check);
  return true;
}

/** What cannot be said of one field alone. */
function checkTogether(type: NodeType, node: JsonObject, path: string, check: Check): void {
  const has = (field: string) => node[field] !== undefined;
  if (type === "tool" && !has("tool")) {
    check.error(`${path}.tool`, "REQUIRED", "a tool node names its tool");
  }
  if (type === "llm" && has("prompt") === has("messages")) {
    const text = "an llm node has either a prompt or messages";
    check.error(`${path}.prompt`, has("prompt") ? "INVALID_VALUE" : "REQUIRED", text);
  }
  if (type === "wait") checkWait(node, path, check);
  if (type === "approval") checkApproval(node, path, check);
  if (type === "map" && !has("items")) {
    check.error(`${path}.items`, "REQUIRED", "a map has items: a list or an object");
  }
  if (has("with") && (type === "llm" || type === "wait" || type === "map")) {
    const text = `with changes nothing on a node of type ${type}`;
    check.warn(`${path}.with`, "NO_EFFECT", text);
  }
  if (type === "tool" || type === "llm") return;
  if (has("timeout") && type !== "approval" && !["event", "any", "all"].some(has)) {
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
