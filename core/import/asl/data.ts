import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { payloadExpression } from "./intrinsics.ts";
import { jsonataValue } from "./jsonata.ts";
import { isReference, pathOf, type Root } from "./paths.ts";
import { expressionOf } from "./payload.ts";
import { type Place, refuse, STATE } from "./place.ts";
import { literal, quoted, template } from "./text.ts";

const DEPTH_MAX = 32;

/** What a state works on: its input as `InputPath` leaves it, as JSONata. */
export function effectiveInput(place: Place): string {
  const { state, language } = place;
  const path = state["InputPath"];
  if (language === "JSONata" || path === undefined) return STATE;
  if (path === null) return "{}";
  if (typeof path === "string") return pathOf(place, "InputPath", path, { at: STATE });
  refuse(place, "InputPath", "INVALID", "must be a path or null");
  return STATE;
}

/** What a state hands to what it calls: `Parameters` or `Arguments`, or else its input. */
export function payload(place: Place, field: "Parameters" | "ItemSelector" = "Parameters"): Json {
  const { state, language } = place;
  const at = effectiveInput(place);
  if (language === "JSONata") {
    const given = state[field === "Parameters" ? "Arguments" : field];
    const seen = field === "ItemSelector" ? ({ item: "scope" } as const) : {};
    return given === undefined
      ? template(at)
      : jsonataValue(place, field === "Parameters" ? "Arguments" : field, given, seen);
  }
  const given = state[field];
  if (given === undefined) return template(at);
  return payloadValue(place, field, given, field === "Parameters" ? { at } : { at, item: "scope" });
}

/** A payload template: members whose name ends in `.$` are computed, all else means itself. */
export function payloadValue(
  place: Place,
  field: string,
  value: Json,
  root: Root,
  depth = 0,
): Json {
  if (depth > DEPTH_MAX) {
    refuse(place, field, "LIMIT", `is nested deeper than ${DEPTH_MAX} levels`);
    return null;
  }
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) {
    return value.map((entry: Json, index) =>
      payloadValue(place, `${field}[${index}]`, entry, root, depth + 1),
    );
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, entry]): [string, Json] => {
    const at = `${field}.${name}`;
    if (!name.endsWith(".$")) return [name, payloadValue(place, at, entry, root, depth + 1)];
    if (typeof entry === "string") {
      return [name.slice(0, -2), template(payloadExpression(place, at, entry, root))];
    }
    refuse(place, at, "INVALID", "must be a path or a function, because its name ends in .$");
    return [name, null];
  });
  return Object.fromEntries(members);
}

/** What a state leaves behind: its output as a template, and the variables that it sets. */
export type Left = Readonly<{ output: Json; assign: JsonObject; isPlain: boolean }>;

/**
 * What becomes of a result.
 *
 * @param result JSONata that makes the raw result; undefined where a state has none.
 * @param isTask whether something answered the result, which `ResultSelector` may select of.
 */
export function leave(place: Place, result: string | undefined, isTask: boolean): Left {
  return place.language === "JSONata"
    ? leaveJsonata(place, result)
    : leaveJsonPath(place, result, isTask);
}

function leaveJsonata(place: Place, result: string | undefined): Left {
  const { state } = place;
  const seen = result === undefined ? {} : { result };
  const output = state["Output"];
  const assign = assigned(place, (field, value) => jsonataValue(place, field, value, seen));
  if (output !== undefined) {
    return { output: jsonataValue(place, "Output", output, seen), assign, isPlain: false };
  }
  return { output: template(result ?? STATE), assign, isPlain: true };
}

function leaveJsonPath(place: Place, result: string | undefined, isTask: boolean): Left {
  const { state } = place;
  const selector = isTask ? state["ResultSelector"] : undefined;
  const raw = result ?? effectiveInput(place);
  const selected =
    selector === undefined
      ? template(raw)
      : payloadValue(place, "ResultSelector", selector, { at: raw });
  const root: Root = { at: selector === undefined ? raw : expressionOf(selected) };
  const assign = assigned(place, (field, value) => payloadValue(place, field, value, root));
  const put = result === undefined ? selected : putResult(place, selected);
  const path = state["OutputPath"];
  if (path === undefined || path === "$") {
    return { output: put, assign, isPlain: put === selected && selector === undefined };
  }
  if (path === null) return { output: {}, assign, isPlain: false };
  if (typeof path === "string") {
    const output = template(pathOf(place, "OutputPath", path, { at: expressionOf(put) }));
    return { output, assign, isPlain: false };
  }
  refuse(place, "OutputPath", "INVALID", "must be a path or null");
  return { output: put, assign, isPlain: false };
}

/** The state's raw input with the result in it, as `ResultPath` says. */
export function putResult(place: Place, result: Json, path = place.state["ResultPath"]): Json {
  if (path === undefined || path === "$") return result;
  if (path === null) return template(STATE);
  if (typeof path !== "string" || !isReference(path)) {
    refuse(place, "ResultPath", "INVALID", "must be a path that leads to one place, or null");
    return result;
  }
  const told = quoted(`Unable to apply step ${path} to the input`);
  const put = `$put(${STATE}, ${quoted(path)}, ${expressionOf(result)})`;
  return template(`$require(${put}, "States.ResultPathMatchFailure", ${told})`);
}

const NAME = /^[A-Za-z]\w{0,79}$/;

/** The variables of `Assign`, each by `translate`. */
export function assigned(
  place: Place,
  translate: (field: string, value: Json) => Json,
  assign = place.state["Assign"],
  at = "Assign",
): JsonObject {
  if (assign === undefined) return {};
  if (!isObject(assign)) {
    refuse(place, at, "INVALID", "must be an object of variables");
    return {};
  }
  for (const name of Object.keys(assign)) {
    if (NAME.test(name.replace(/\.\$$/, "")) && name !== "states") continue;
    refuse(place, `${at}.${name}`, "INVALID", "is no name of a variable");
  }
  return translate(at, assign) as JsonObject;
}
