import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import type { Schema } from "./finding.ts";
import { isSchema, subschemas } from "./subschemas.ts";

/**
 * The schema that a `$ref` names, within its own document: `#`, a JSON pointer, an `$anchor`, or
 * one of these after the document's own `$id`. Nothing is ever fetched.
 */
export function resolveReference(root: JsonObject, reference: string): Schema | undefined {
  const id = root["$id"];
  const own = typeof id === "string" ? id.replace(/#$/, "") : undefined;
  const hash = reference.indexOf("#");
  const base = hash < 0 ? reference : reference.slice(0, hash);
  if (base !== "" && base !== own) return undefined;
  const fragment = decoded(hash < 0 ? "" : reference.slice(hash + 1));
  if (fragment === undefined) return undefined;
  if (fragment === "") return root;
  return fragment.startsWith("/") ? atPointer(root, fragment) : atAnchor(root, fragment);
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}

function atPointer(root: JsonObject, pointer: string): Schema | undefined {
  let found: Json | undefined = root;
  for (const part of pointer.slice(1).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? (found[Number(key)] as Json) : undefined;
    else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return isSchema(found) ? found : undefined;
}

function atAnchor(root: JsonObject, anchor: string): Schema | undefined {
  const open: Schema[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "boolean") continue;
    if (next["$anchor"] === anchor) return next;
    open.push(...subschemas(next, "").map(({ schema }) => schema));
  }
  return undefined;
}
