import { fail, nodeOf } from "../depart.ts";
import type { Draft } from "../draft.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Token } from "../run.ts";
import type { Node } from "../workflow.ts";
import { addresses } from "./addresses.ts";
import { agendaOf } from "./agenda.ts";
import { dueOf, openTask, textOf } from "./approval.ts";
import { begin } from "./begin.ts";
import { valueOf } from "./pure.ts";

/** What is asked when a form says nothing else. */
const DEFAULT_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    approved: { type: "boolean", title: "Approved" },
    comments: { type: "string", title: "Comments" },
  },
  required: ["approved"],
  additionalProperties: false,
};

const CHOICES_MAX = 100;
const RESPONSE_LENGTH_MAX = 10_000;

type Values = Readonly<Record<string, Json | undefined>>;

/** Asks somebody to fill in a form, or to answer one question, which is a form with one field. */
export async function visitForm(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const values: Record<string, Json | undefined> = {};
  for (const [name, template] of [...Object.entries(node.fields), ["with", node.with] as const]) {
    const value = await valueOf(draft, token, template);
    if (!value.ok) return fail(draft, token, value.error);
    values[name] = value.value;
  }
  const assignees = addresses(values["assignees"]);
  const groups = addresses(values["groups"]);
  if (!assignees || !groups) {
    const message = `the assignees or groups of ${node.id} are not a list of at most 40 names`;
    return fail(draft, token, { code: "INVALID_ASSIGNEES", message });
  }
  const due = dueOf(draft, values["due"], node.timeoutMs);
  if (due === "invalid") {
    const message = `due of ${node.id} is not a duration`;
    return fail(draft, token, { code: "INVALID_TIME", message });
  }
  const asked = node.type === "ask" ? questionOf(node, values) : formOf(node, values);
  if (!asked) {
    const message = `the choices of ${node.id} are not a list of 1 to ${CHOICES_MAX} texts`;
    return fail(draft, token, { code: "INVALID_CHOICES", message });
  }
  const { priority, email } = node.document;
  const agenda = agendaOf(draft, node.id, values, 1);
  if (!agenda.ok) return fail(draft, token, { code: agenda.code, message: agenda.message });
  return openTask(draft, token, {
    agenda: agenda.items,
    kind: node.type === "ask" ? "ask" : "form",
    ...asked,
    description: values["description"] === undefined ? undefined : textOf(values["description"]),
    preview: values["preview"] ?? values["with"] ?? null,
    approvers: [...assignees, ...groups],
    groups,
    quorum: 1,
    options: [],
    due,
    priority: typeof priority === "number" ? priority : 0,
    email: email !== false,
    gate: false,
  });
}

type Asked = Readonly<{ title: string; schema: JsonObject; ui: Json }>;

function formOf(node: Node, values: Values): Asked {
  const { schema, ui } = node.document;
  return {
    title: textOf(values["title"] ?? `Fill in ${node.id}`),
    schema: isObject(schema) ? schema : DEFAULT_SCHEMA,
    ui: ui ?? null,
  };
}

function questionOf(node: Node, values: Values): Asked | undefined {
  const { choices, prompt } = values;
  const response = responseOf(choices, node.document["freeText"]);
  if (!response) return undefined;
  const asked = textOf(prompt ?? "");
  return {
    title: textOf(values["title"] ?? asked),
    schema: {
      type: "object",
      properties: { response: { ...response, title: asked.slice(0, 200) } },
      required: ["response"],
      additionalProperties: false,
    },
    ui: null,
  };
}

/** One of the choices, or whatever somebody writes, where that is allowed too. */
function responseOf(choices: Json | undefined, freeText: Json | undefined): JsonObject | undefined {
  const text = { type: "string", minLength: 1, maxLength: RESPONSE_LENGTH_MAX };
  if (choices === undefined || choices === null) return text;
  if (!Array.isArray(choices) || choices.length === 0 || choices.length > CHOICES_MAX) {
    return undefined;
  }
  const names = (choices as readonly Json[]).filter((choice) => typeof choice === "string");
  if (names.length < choices.length) return undefined;
  return freeText === true ? { ...text, examples: names } : { enum: [...new Set(names)] };
}
