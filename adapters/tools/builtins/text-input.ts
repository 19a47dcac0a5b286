import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";

export const TEXT_LENGTH_MAX = 1_000_000;
const text = { type: "string", maxLength: TEXT_LENGTH_MAX };

/** A text, or an object that holds one as `text`. */
export const textSchema: JsonObject = {
  anyOf: [text, { type: "object", required: ["text"], properties: { text } }],
};

export function textOf(input: Json): string {
  const found = isObject(input) ? input["text"] : input;
  return typeof found === "string" ? found : "";
}

/** Characters as readers count them in other languages: a pair of surrogates is one. */
export function characters(value: string): number {
  return value.length - (value.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

export function words(value: string): number {
  return value.split(/\s+/).filter((word) => word !== "").length;
}

export function sentences(value: string): string[] {
  return value
    .split(".")
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}
