import type { Json } from "../kernel/json.ts";

/** A text as JSONata writes one. No `%` is left in it, which could end the template around it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("%", "\\u0025");
}

/** A JSON value as JSONata writes it. */
export function literal(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((entry: Json) => literal(entry)).join(", ")}]`;
  const members = Object.entries(value).map(
    ([name, entry]) => `${quoted(name)}: ${literal(entry)}`,
  );
  return `{${members.join(", ")}}`;
}

/** The member of a member of a variable, whatever the names are. */
export function member(root: string, names: readonly string[]): string {
  return names.reduce(
    (at, name) =>
      /^[A-Za-z_]\w*$/.test(name) ? `${at}.\`${name}\`` : `$lookup(${at}, ${quoted(name)})`,
    root,
  );
}

export function template(expression: string): string {
  return `{% ${expression} %}`;
}

/** A text that means itself, where templates are looked for. */
export function plainText(text: string): string {
  return text.includes("{%") ? template(quoted(text)) : text;
}
