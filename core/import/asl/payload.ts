import { isObject, type Json } from "../../kernel/json.ts";
import { quoted } from "./text.ts";

/** A template of ours as one JSONata expression, where a value has to be made inside of another. */
export function expressionOf(value: Json): string {
  if (typeof value === "string") {
    const [, inside] = /^\{% ([\s\S]*) %\}$/.exec(value) ?? [];
    return inside === undefined ? quoted(value) : `(${inside})`;
  }
  if (Array.isArray(value)) return `$list(${value.map(expressionOf).join(", ")})`;
  if (isObject(value)) {
    const members = Object.entries(value);
    return `{${members.map(([name, entry]) => `${quoted(name)}: ${expressionOf(entry)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}
