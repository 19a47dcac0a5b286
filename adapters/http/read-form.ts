import type { JsonObject } from "../../core/kernel/json.ts";
import { type Checked, refused } from "./problem.ts";
import { decoded } from "./read-query.ts";

/** A form as an object of texts. A name that comes twice is refused: which one would count? */
export function readForm(text: string): Checked<JsonObject> {
  const fields = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decoded(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decoded(pair.slice(at + 1));
    if (name === undefined || value === undefined) {
      return refused("INVALID_REQUEST", "The form is not valid percent-encoding.");
    }
    if (fields.has(name)) return refused("INVALID_REQUEST", "A field of the form comes twice.");
    // Browsers end lines with CR LF; and a field that was left empty was not filled in.
    if (value !== "") fields.set(name, value.replaceAll("\r\n", "\n"));
  }
  return { ok: true, value: Object.fromEntries(fields) };
}
