import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import { type Schema, under } from "./finding.ts";

const SAME_VALUE_ONE = ["not", "if", "then", "else"];
const SAME_VALUE_MANY = ["allOf", "anyOf", "oneOf"];
const PART_ONE = [
  "additionalProperties",
  "propertyNames",
  "items",
  "contains",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const PART_NAMED = ["properties", "patternProperties", "$defs", "definitions"];

export type Subschema = Readonly<{ schema: Schema; path: string; sameValue: boolean }>;

/** The schemas directly inside a schema. Those with `sameValue` judge the value it judges. */
export function subschemas(schema: JsonObject, path: string): Subschema[] {
  return [
    ...SAME_VALUE_ONE.flatMap((word) => one(schema[word], under(path, word), true)),
    ...SAME_VALUE_MANY.flatMap((word) => many(schema[word], under(path, word), true)),
    ...named(schema["dependentSchemas"], under(path, "dependentSchemas"), true),
    ...PART_ONE.flatMap((word) => one(schema[word], under(path, word), false)),
    ...many(schema["prefixItems"], under(path, "prefixItems"), false),
    ...PART_NAMED.flatMap((word) => named(schema[word], under(path, word), false)),
  ];
}

export function isSchema(value: Json | undefined): value is Schema {
  return typeof value === "boolean" || isObject(value);
}

function one(value: Json | undefined, path: string, sameValue: boolean): Subschema[] {
  return isSchema(value) ? [{ schema: value, path, sameValue }] : [];
}

function many(value: Json | undefined, path: string, sameValue: boolean): Subschema[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: Json, index) => one(entry, under(path, index), sameValue));
}

function named(value: Json | undefined, path: string, sameValue: boolean): Subschema[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, entry]) => one(entry, under(path, name), sameValue));
}
