import type { Json } from "../../kernel/json.ts";

/** As deep as any JSON that a request may bring, and what a run makes of it. */
const DEPTH_MAX = 128;

/** The value that an artifact's text stands for; undefined for what is no value: a picture, say. */
export function valueIn(text: string, contentType: string): Json | undefined {
  const type = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (type.startsWith("text/")) return text;
  if (type !== "application/json" && !type.endsWith("+json")) return undefined;
  try {
    return isDeep(text) ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

/** Counted before anything recursive sees the text. */
function isDeep(text: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (isText) {
      if (unit === "\\") at++;
      else if (unit === '"') isText = false;
    } else if (unit === '"') isText = true;
    else if (unit === "{" || unit === "[") {
      if (++depth > DEPTH_MAX) return true;
    } else if (unit === "}" || unit === "]") depth--;
  }
  return false;
}
