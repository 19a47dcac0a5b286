import {
  aBoolean,
  aDuration,
  aDurationOrTemplate,
  aLiteral,
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
  shown,
  templates,
} from "./check.ts";
import { AGENDA_FIELDS } from "./check-agenda.ts";
import { checkEventName, checkTogether } from "./check-nodes.ts";
import { NOTIFY_FIELDS } from "./check-notify.ts";
import { checkTable } from "./check-table.ts";
import { isObject, type JsonObject } from "./json.ts";
import { MAP_FIELDS, SUBFLOW_FIELDS } from "./map-fields.ts";
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
  exhausted: oneOf("fail", "pause", "ask"),
});

const onUnknown: FieldCheck = (value, path, check) => {
  if (isObject(value)) {
    anObject({ reconcile: aText })(value, path, check);
    if (value["reconcile"] === undefined) check.error(path, "REQUIRED", "names a tool: reconcile");
  } else oneOf("fail", "retry", "ask")(value, path, check);
};

const join: FieldCheck = (value, path, check) => {
  if (value === "any" || value === "all") return;
  const rest = oneOf("cancel", "ignore");
  if (isObject(value)) anObject({ atLeast: aNumber(1, 10_000), rest })(value, path, check);
  else {
    const text = `${shown(value)} is not a join, which is "any", "all" or {"atLeast": n}`;
    check.error(path, "INVALID_VALUE", text);
  }
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
  compensate: aName,
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

const aLiteralObject: FieldCheck = (value, path, check) => {
  if (!isObject(value)) check.error(path, "INVALID_TYPE", "must be an object, which means itself");
};

/** What forms and questions have in common. */
const FORM: Readonly<Record<string, FieldCheck>> = {
  preview: aTemplate,
  assignees: textOrTexts,
  groups: textOrTexts,
  due: aDurationOrTemplate,
  priority: aNumber(-1000, 1000),
  email: aBoolean,
  ...AGENDA_FIELDS,
};

/** Of the code of a script. */
const CODE_LENGTH_MAX = 60_000;

/** The fields of each type beside the common ones. What is not here is refused by name. */
export const NODE_FIELDS: Readonly<Record<NodeType, Readonly<Record<string, FieldCheck>>>> = {
  set: {},
  script: { code: aLiteral(CODE_LENGTH_MAX) },
  rules: {
    table: checkTable,
    rules: notYet("rules by a model"),
    model: notYet("rules by a model"),
  },
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
  notify: NOTIFY_FIELDS,
  form: { ...FORM, schema: aLiteralObject, ui: aLiteralObject },
  ask: { ...FORM, prompt: aText, choices: textOrTexts, freeText: aBoolean },
  approval: {
    preview: aTemplate,
    approvers: textOrTexts,
    quorum: aNumber(1, 100),
    options: listOf(option, 10),
    due: aDurationOrTemplate,
    email: aBoolean,
    priority: aNumber(-1000, 1000),
    ...AGENDA_FIELDS,
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
  subflow: SUBFLOW_FIELDS,
};

/** Of the whole language, and not of this version: refused with a reason of its own. */
const LATER = new Set("agent route".split(" "));

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
