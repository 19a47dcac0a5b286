import { isUtf8 } from "node:buffer";
import type { Json } from "../../core/kernel/json.ts";
import type { HttpLimits } from "./app-deps.ts";
import type { HttpRequest } from "./http.ts";
import { jsonFault } from "./json-fault.ts";
import { type Checked, refused } from "./problem.ts";

/** The body's text, or why it is not read. `types` are the media types that are. */
export function readText(
  request: HttpRequest,
  limits: HttpLimits,
  isWanted: (type: string) => boolean,
): Checked<string> {
  const { body, headers } = request;
  if (request.bodyTooLarge === true || (body?.byteLength ?? 0) > limits.bodyBytesMax) {
    return refused("PAYLOAD_TOO_LARGE", `The body is over ${limits.bodyBytesMax} bytes.`);
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return refused("UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not read.");
  }
  if (body === undefined || body.byteLength === 0) return { ok: true, value: "" };
  const type = headers["content-type"];
  if (type !== undefined && !(isWanted(mediaType(type)) && isUnicode(type))) {
    return refused("UNSUPPORTED_MEDIA_TYPE", "This route does not read bodies of that type.");
  }
  if (!isUtf8(body)) return refused("INVALID_JSON", "The body is not UTF-8.");
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  return { ok: true, value: text.startsWith("\uFEFF") ? text.slice(1) : text };
}

/** JSON by the strict grammar. Depth is counted before anything recursive sees the text. */
export function parseJson(text: string, limits: HttpLimits): Checked<Json> {
  if (text === "") return refused("INVALID_JSON", "The body is empty; JSON is wanted.");
  if (depthOf(text) > limits.jsonDepthMax) {
    return refused("JSON_TOO_DEEP", `The JSON is nested over ${limits.jsonDepthMax} levels deep.`);
  }
  try {
    const value = JSON.parse(text) as Json;
    if (!LARGE_NUMBER.test(text) || isFinite(value)) return { ok: true, value };
    return refused("INVALID_JSON", "A number in the JSON is too large to be kept.");
  } catch {
    const { line, column } = jsonFault(text);
    const message = `The JSON is broken at line ${line}, column ${column}.`;
    return refused("INVALID_JSON", message, { data: { line, column } });
  }
}

/** What could be Infinity once it is read: most bodies need no second look. */
const LARGE_NUMBER = /\d[eE]\+?\d{3}|\d{309}/;

function isFinite(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((member: Json) => isFinite(member));
}

export function isJson(type: string): boolean {
  return type === "application/json" || /^application\/[a-z0-9.-]+\+json$/.test(type);
}

export function mediaType(header: string): string {
  return (header.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function isUnicode(header: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(header)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset);
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OBJECT || code === ARRAY) deepest = Math.max(deepest, ++depth);
    else if (code === OBJECT_END || code === ARRAY_END) depth--;
  }
  return deepest;
}

/** The index of the quote that ends the string; escaped quotes have an odd run of backslashes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
