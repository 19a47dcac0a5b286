import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { type Place, refuse } from "../place.ts";
import type { Field } from "../read-process.ts";

/** What is asked when a task says nothing else. */
export const DEFAULT_FIELDS: readonly JsonObject[] = [
  { name: "approved", type: "boolean", label: "Approved", required: true },
  { name: "comments", type: "text", label: "Comments", required: false },
];

const NUMBERS = new Set(
  "number currency decimal integer percentage range rating slider".split(" "),
);
const YES_OR_NO = new Set("boolean toggle switch".split(" "));
const CHOICES = new Set("select dropdown radio".split(" "));
const SEVERAL = new Set("multiselect checkboxes checkbox-group tags".split(" "));
const FORMATS: Readonly<Record<string, string>> = { date: "date", email: "email", url: "uri" };
const TEXTS = new Set(
  "text textarea string password phone tel date time datetime email url richtext color hidden".split(
    " ",
  ),
);

/**
 * The fields of a form as a JSON Schema, and as they are for whoever draws it. A field that is
 * shown under a condition is wanted only where the condition holds, so it is not wanted here.
 */
export function formOf(place: Place, { value, path }: Field): JsonObject {
  if (!Array.isArray(value) || value.some((entry: Json) => !isObject(entry))) {
    refuse(place, path, "INVALID_TYPE", "must be a list of {name, type, label, required}");
    return {};
  }
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const [index, field] of (value as readonly JsonObject[]).entries()) {
    const name = [field["name"], field["fieldName"], field["id"]].find(
      (one) => typeof one === "string" && one !== "",
    );
    if (typeof name !== "string" || name === "__proto__") {
      refuse(place, `${path}[${index}].name`, "REQUIRED", "a field has a name");
      continue;
    }
    properties[name] = schemaOf(field);
    const isConditional = ["showWhen", "conditional", "dependsOn"].some(
      (one) => (field[one] ?? false) !== false,
    );
    if (field["required"] === true && !isConditional && field["readonly"] !== true) {
      required.push(name);
    }
  }
  return {
    schema: { type: "object", properties, ...(required.length > 0 && { required }) },
    ui: { fields: value },
  };
}

function schemaOf(field: JsonObject): JsonObject {
  const type = typeof field["type"] === "string" ? field["type"].toLowerCase() : "text";
  const choices = choicesOf(field["options"]);
  const { label } = field;
  const titled = typeof label === "string" ? { title: label } : {};
  if (SEVERAL.has(type) || (type === "checkbox" && choices.length > 0)) {
    return { ...titled, type: "array", ...(choices.length > 0 && { items: { enum: choices } }) };
  }
  if (choices.length > 0) return { ...titled, enum: choices };
  if (YES_OR_NO.has(type) || type === "checkbox") return { ...titled, type: "boolean" };
  if (NUMBERS.has(type)) {
    const whole = type === "integer" ? "integer" : "number";
    return {
      ...titled,
      type: whole,
      ...bound(field, "min", "minimum"),
      ...bound(field, "max", "maximum"),
    };
  }
  if (!TEXTS.has(type) && !CHOICES.has(type)) return titled;
  const { pattern } = field;
  const isPattern = typeof pattern === "string" && pattern !== "";
  const format = field["required"] === true ? FORMATS[type] : undefined;
  return {
    ...titled,
    type: "string",
    ...bound(field, "minLength", "minLength"),
    ...bound(field, "maxLength", "maxLength"),
    ...(field["required"] === true && field["minLength"] === undefined && { minLength: 1 }),
    ...(isPattern && { pattern }),
    ...(format !== undefined && { format }),
  };
}

function bound(field: JsonObject, name: string, keyword: string): JsonObject {
  const value = field[name];
  return typeof value === "number" ? { [keyword]: value } : {};
}

/** Texts, or `{value, label}`, in a list or between commas. */
function choicesOf(options: Json | undefined): readonly Json[] {
  const list = typeof options === "string" ? options.split(",").map((one) => one.trim()) : options;
  if (!Array.isArray(list)) return [];
  return list
    .map((one: Json) => (isObject(one) ? (one["value"] ?? one["label"] ?? null) : one))
    .filter((one: Json) => one !== null && one !== "");
}
