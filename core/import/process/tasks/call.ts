import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { canonical } from "../../../kernel/ledger.ts";
import { quoted, template } from "../../jsonata-text.ts";
import { nodeIdOf } from "../../node-id.ts";
import { DATA } from "../condition.ts";
import { fieldOf, merged, millisecondsText, type Place, refuse, warn } from "../place.ts";
import type { Field } from "../read-process.ts";
import { textOf, urlOf, valueOf } from "../text.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
/** What a call may take when it does not say. */
const TIMEOUT = "PT5S";

/**
 * Calls an address: a tool of the tenant's that `tools` names by the address or by the node's id,
 * or one that is made of what the task says. A status is told as 200, whichever 2xx it was.
 */
export function callTask(place: Place): JsonObject {
  const config = configOf(place);
  const url = config.get("url");
  if (url === undefined || url.value === "") return callsNothing(place);
  if (typeof url.value !== "string") {
    refuse(place, url.path, "INVALID_TYPE", "must be a text");
    return {};
  }
  const { tools, node } = place;
  const mapped = [url.value, node.id].find((name) => Object.hasOwn(tools, name));
  const tool = mapped === undefined ? ownTool(place, url.value, config) : (tools[mapped] ?? "");
  const timeout = config.get("timeout");
  const duration = timeout === undefined ? TIMEOUT : millisecondsText(timeout.value);
  if (duration === undefined) {
    refuse(place, timeout?.path ?? "", "INVALID_DURATION", "must be a number of milliseconds");
  }
  return {
    type: "tool",
    tool,
    with: template(DATA),
    timeout: duration ?? TIMEOUT,
    assign: merged('{"apiResponse": $output, "status": 200}'),
  };
}

/** It stands under `apiConfig`, or with the other members of the task. */
function configOf(place: Place): ReadonlyMap<string, Field> {
  const under = fieldOf(place, "apiConfig");
  if (under === undefined) return place.node.fields;
  if (!isObject(under.value)) {
    refuse(place, under.path, "INVALID_TYPE", "must be an object");
    return new Map();
  }
  return new Map(
    Object.entries(under.value).map(([name, value]) => [
      name,
      { value, path: `${under.path}.${name}` },
    ]),
  );
}

function callsNothing(place: Place): JsonObject {
  warn(place, place.node.path, "NO_EFFECT", "has no url, and so calls nothing");
  const message = `Service task executed: ${place.node.label}`;
  return {
    type: "set",
    with: { message: template(quoted(message)) },
    assign: merged("$output"),
  };
}

function ownTool(place: Place, url: string, config: ReadonlyMap<string, Field>): string {
  const method = config.get("method") ?? { value: "POST", path: place.node.path };
  const named = typeof method.value === "string" ? method.value.toUpperCase() : "";
  if (!METHODS.has(named)) {
    const known = [...METHODS].join(", ");
    refuse(place, method.path, "INVALID_VALUE", `must be one of ${known}`);
  }
  const headers = config.get("headers");
  const body = config.get("body");
  const hasBody = named !== "GET" && named !== "HEAD";
  if (body !== undefined && !hasBody) {
    refuse(place, body.path, "NOT_SUPPORTED", `a ${named} has no body here`);
  }
  const made: JsonObject = {
    url: urlOf(url, "$with"),
    method: named,
    ...(headers !== undefined && { headers: filledIn(headers.value, textOf) }),
    ...(body !== undefined && hasBody && { body: filledIn(body.value, valueOf) }),
    // A DELETE has a body only where one is set.
    ...(body === undefined && named === "DELETE" && { body: template("$with") }),
  };
  const name = `${nodeIdOf(place.node.id) ?? "task"}.${fingerprint(canonical(made))}`;
  place.need({ name, kind: "http", description: place.node.label.slice(0, 500), config: made });
  return name;
}

/** Every text in a value, as a template of ours. */
function filledIn(value: Json, fill: (text: string, root: string) => string): Json {
  if (typeof value === "string") return fill(value, "$with");
  if (Array.isArray(value)) return value.map((entry: Json) => filledIn(entry, fill));
  if (!isObject(value) || "$secret" in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, filledIn(entry, fill)]),
  );
}

/**
 * FNV-1a with 64 bits. A tool that is described otherwise has another name, so that runs which are
 * under way keep calling what they began with.
 */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
