import {
  aDurationOrTemplate,
  aName,
  anObject,
  aText,
  type Check,
  type FieldCheck,
  listOf,
  oneOf,
} from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type NodeType, optionsOf } from "./workflow.ts";

/** Of each kind, for one task. */
const AGENDA_MAX = 10;

const names: FieldCheck = (value, path, check) => {
  if (typeof value === "string") aText(value, path, check);
  else listOf(aText, 40)(value, path, check);
};

/** What happens to a task by itself. */
export const AGENDA_FIELDS: Readonly<Record<string, FieldCheck>> = {
  reminders: listOf(aDurationOrTemplate, AGENDA_MAX),
  escalation: listOf(
    anObject({
      after: aDurationOrTemplate,
      action: oneOf("remind", "reassign", "decide"),
      to: names,
      decision: aName,
    }),
    AGENDA_MAX,
  ),
};

/** What cannot be said of one field of an escalation alone. */
export function checkAgenda(type: NodeType, node: JsonObject, path: string, check: Check): void {
  const { escalation } = node;
  if (!Array.isArray(escalation)) return;
  for (const [index, one] of (escalation as readonly Json[]).entries()) {
    if (isObject(one)) checkOne(type, node, one, `${path}.escalation[${index}]`, check);
  }
}

function checkOne(
  type: NodeType,
  node: JsonObject,
  { after, action, to, decision }: JsonObject,
  at: string,
  check: Check,
): void {
  if (after === undefined) {
    check.error(`${at}.after`, "REQUIRED", "an escalation says after how long, from the opening");
  }
  if (action === undefined) {
    check.error(`${at}.action`, "REQUIRED", "an escalation reminds, reassigns or decides");
  }
  if (action === "reassign" && to === undefined) {
    check.error(`${at}.to`, "REQUIRED", "reassigning names who is asked instead");
  }
  if (action !== "reassign" && to !== undefined) {
    check.error(`${at}.to`, "INVALID_VALUE", "only reassigning has somebody that it goes to");
  }
  if (action === "decide" && type !== "approval") {
    check.error(`${at}.action`, "INVALID_VALUE", "only an approval can be decided by itself");
  } else if (action === "decide" && !optionsOf(node).some(({ id }) => id === decision)) {
    const known = optionsOf(node).map(({ id }) => id);
    const text = `must be one of the options: ${known.join(", ")}`;
    check.error(`${at}.decision`, decision === undefined ? "REQUIRED" : "INVALID_VALUE", text);
  }
  if (action !== "decide" && decision !== undefined) {
    check.error(`${at}.decision`, "INVALID_VALUE", "only deciding has a decision");
  }
}
