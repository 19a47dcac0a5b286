import type { Json, JsonObject } from "../../../kernel/json.ts";
import { assigned, leave, payload, payloadValue, putResult } from "../data.ts";
import { addNode, goOn, titled } from "../flow.ts";
import { payloadExpression } from "../intrinsics.ts";
import { isJsonata, jsonataOf } from "../jsonata.ts";
import { pathOf } from "../paths.ts";
import { expressionOf } from "../payload.ts";
import { type Place, refuse, STATE } from "../place.ts";
import { literal, template } from "../text.ts";

/** Pass computes: it is a `set`. */
export function importPass(place: Place): void {
  const made = place.language === "JSONata" ? leave(place, undefined, false) : passed(place);
  const assign = { _state: template("$output"), ...made.assign };
  addNode(place, { ...titled(place), type: "set", with: made.output, assign });
  goOn(place, place.id, true);
}

function passed(place: Place): { output: Json; assign: JsonObject } {
  const { state } = place;
  const result = state["Result"];
  const given = result === undefined ? payload(place) : meaningItself(result);
  const root = { at: expressionOf(given) };
  const assign = assigned(place, (field, value) => payloadValue(place, field, value, root));
  const put = putResult(place, given);
  const path = state["OutputPath"];
  if (path === undefined || path === "$") return { output: put, assign };
  if (path === null) return { output: {}, assign };
  if (typeof path === "string") {
    return {
      output: template(pathOf(place, "OutputPath", path, { at: expressionOf(put) })),
      assign,
    };
  }
  refuse(place, "OutputPath", "INVALID", "must be a path or null");
  return { output: put, assign };
}

function meaningItself(value: Json): Json {
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) return value.map(meaningItself);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, meaningItself(entry)]),
  );
}

/** Succeed ends its scope with what it makes of its input. */
export function importSucceed(place: Place): void {
  const { output } = leave(place, undefined, false);
  addNode(place, { ...titled(place), type: "end", output });
}

/** Fail ends its scope with an error. */
export function importFail(place: Place): void {
  const code = failText(place, "Error");
  const message = failText(place, "Cause");
  addNode(place, {
    ...titled(place),
    type: "end",
    status: "failed",
    error: { ...(code !== undefined && { code }), message: message ?? "" },
  });
}

function failText(place: Place, field: "Error" | "Cause"): string | undefined {
  const { state, language } = place;
  const value = state[field];
  const path = state[`${field}Path`];
  if (value !== undefined && path !== undefined) {
    refuse(place, field, "INVALID", `is either ${field} or ${field}Path`);
  }
  if (typeof path === "string") return computedText(place, `${field}Path`, path);
  if (value === undefined && path === undefined) return undefined;
  if (typeof value === "string") {
    const isComputed = language === "JSONata" && isJsonata(value);
    return isComputed ? template(jsonataOf(place, field, value)) : literal(value);
  }
  refuse(place, field, "INVALID", "must be a text");
  return undefined;
}

function computedText(place: Place, field: string, path: string): string {
  return template(payloadExpression(place, field, path, { at: STATE }));
}
