import { isObject, type Json } from "../../../core/kernel/json.ts";
import { type Html, html } from "./html.ts";

/** Every field of what is decided on: names and texts as a list, whatever is nested as JSON. */
export function preview(value: Json): Html {
  if (value === null) return html`<p>There is nothing more to show.</p>`;
  if (!isObject(value)) return show(value);
  const fields = Object.entries(value);
  if (fields.length === 0) return html`<p>There is nothing more to show.</p>`;
  return html`<dl>
${fields.map(([name, field]) => html`<dt dir="auto">${name}</dt><dd dir="auto">${show(field)}</dd>`)}
</dl>`;
}

function show(value: Json): Html {
  if (typeof value === "object" && value !== null) {
    return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
  }
  return html`<span class="text">${value === "" ? "(empty)" : String(value)}</span>`;
}
