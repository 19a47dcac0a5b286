/** A text as JSONata. It may hold what begins and ends a template, so that is taken apart. */
export function quoted(text: string): string {
  const parts = text.split(/(?<=\{)(?=%)|(?<=%)(?=\})/);
  const joined = parts.map((part) => JSON.stringify(part)).join(" & ");
  return parts.length === 1 ? joined : `(${joined})`;
}

/** A text that means itself, as a template. */
export function literal(text: string): string {
  return text.includes("{%") ? template(quoted(text)) : text;
}

export function template(expression: string): string {
  return `{% ${expression} %}`;
}

/** A variable or a step by its name, whatever characters the name has. */
export function member(root: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !RESERVED.has(name)
    ? `${root}.${name}`
    : `${root}.\`${name}\``;
}

const RESERVED = new Set(["and", "or", "in", "true", "false", "null", "function"]);

const SHOWN_MAX = 200;

/** The beginning of a text of the document, for a message. */
export function shown(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
