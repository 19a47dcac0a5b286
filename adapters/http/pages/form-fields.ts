import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";

/** One thing to fill in, as a page can ask for it without a script. */
export type Field = Readonly<{
  /** Of the control; never the workflow's own word, which may be anything. */
  control: string;
  /** The member of the answer; undefined where the field is the whole answer. */
  name: string | undefined;
  label: string;
  hint: string;
  isRequired: boolean;
  kind: "text" | "lines" | "number" | "yes-no" | "one-of" | "several-of" | "date" | "json";
  choices: readonly Json[];
  /** Proposals that may be left for something else. */
  proposals: readonly string[];
}>;

/** Texts that may be longer than this are written in an area of several lines. */
const LINE_LENGTH_MAX = 200;

/** What a schema asks for, field by field; what no control fits is asked for as JSON. */
export function fieldsOf(schema: Json): readonly Field[] {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  const isWhole = isObject(schema) && properties !== undefined && isObject(properties);
  const isPlain = isWhole && ["oneOf", "anyOf", "allOf", "$ref"].every((word) => !(word in schema));
  if (!isPlain || Object.keys(properties).length === 0) {
    return [field("answer", undefined, isObject(schema) ? schema : {}, true, "json")];
  }
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : [];
  return Object.entries(properties).map(([name, property], index) => {
    const about = isObject(property) ? property : {};
    return field(`field-${index}`, name, about, required.includes(name));
  });
}

function field(
  control: string,
  name: string | undefined,
  schema: JsonObject,
  isRequired: boolean,
  kind = kindOf(schema),
): Field {
  const { title, description, items } = schema;
  const list = kind === "several-of" && isObject(items ?? null) ? (items as JsonObject) : schema;
  const { examples } = schema;
  const proposals = kind === "text" && Array.isArray(examples) ? (examples as readonly Json[]) : [];
  return {
    control,
    name,
    label: typeof title === "string" && title !== "" ? title : (name ?? "Your answer"),
    hint: typeof description === "string" ? description : kind === "json" ? "As JSON." : "",
    isRequired,
    kind,
    choices: choicesOf(list) ?? [],
    proposals: proposals.filter((one) => typeof one === "string"),
  };
}

function kindOf(schema: JsonObject): Field["kind"] {
  const { type, format, maxLength, items } = schema;
  if (choicesOf(schema)) return "one-of";
  if (type === "boolean") return "yes-no";
  if (type === "number" || type === "integer") return "number";
  if (type === "array" && isObject(items ?? null) && choicesOf(items as JsonObject)) {
    return "several-of";
  }
  if (type !== "string") return "json";
  if (format === "date") return "date";
  const isShort = typeof maxLength === "number" && maxLength <= LINE_LENGTH_MAX;
  return isShort || typeof format === "string" || "pattern" in schema || "examples" in schema
    ? "text"
    : "lines";
}

function choicesOf(schema: JsonObject): readonly Json[] | undefined {
  const { enum: choices, const: only } = schema;
  if (only !== undefined) return [only];
  return Array.isArray(choices) && choices.length <= 200 ? (choices as readonly Json[]) : undefined;
}

/** What came back for a field that cannot be what the schema wants: said by the page itself. */
export type Unread = Readonly<{ control: string; message: string }>;

/**
 * The answer that a form's fields make. What was left empty is left out; a text that is no number
 * stays a text, so that the schema says what is wrong with it.
 */
export function answerOf(
  fields: readonly Field[],
  sent: JsonObject,
): { data: Json; unread: readonly Unread[] } {
  const unread: Unread[] = [];
  const members: [string, Json][] = [];
  for (const one of fields) {
    const value = read(one, sent, unread);
    if (value === undefined) continue;
    if (one.name === undefined) return { data: value, unread };
    members.push([one.name, value]);
  }
  const whole = fields.some(({ name }) => name === undefined);
  return { data: whole ? null : Object.fromEntries(members), unread };
}

function read(one: Field, sent: JsonObject, unread: Unread[]): Json | undefined {
  if (one.kind === "several-of") {
    const chosen = one.choices.filter((_, index) => sent[`${one.control}-${index}`] !== undefined);
    return chosen.length > 0 ? chosen : undefined;
  }
  const text = sent[one.control];
  if (typeof text !== "string") return undefined;
  switch (one.kind) {
    case "one-of":
      return one.choices[Number(text)] ?? text;
    case "yes-no":
      return text === "yes" ? true : text === "no" ? false : text;
    case "number":
      return /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
    case "json":
      return json(one, text, unread);
    default:
      return text;
  }
}

function json(one: Field, text: string, unread: Unread[]): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    unread.push({ control: one.control, message: "is not JSON" });
    return undefined;
  }
}
