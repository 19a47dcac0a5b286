import { parseInstant } from "../../../kernel/duration.ts";
import type { Json } from "../../../kernel/json.ts";
import { effectiveInput, leave } from "../data.ts";
import { addNode, assignOf, goOn, titled } from "../flow.ts";
import { isJsonata, jsonataOf } from "../jsonata.ts";
import { pathOf } from "../paths.ts";
import { type Place, refuse } from "../place.ts";
import { quoted, template } from "../text.ts";

const SECONDS_MAX = 99_999_999;

/** Wait is a `wait`, for a time or until one. */
export function importWait(place: Place): void {
  const { state } = place;
  const fields = ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"].filter(
    (field) => state[field] !== undefined,
  );
  const [field] = fields;
  if (field === undefined || fields.length > 1) {
    refuse(place, "", "INVALID", "a Wait has one of Seconds, Timestamp and their paths");
    return;
  }
  const value = state[field] ?? null;
  const time = field.startsWith("Seconds")
    ? { for: seconds(place, field, value) }
    : { until: instant(place, field, value) };
  const left = leave(place, undefined, false);
  // What it waited for is not what it passes on.
  const changes = { ...assignOf(left) };
  if (changes["_state"] === template("$vars._state"))
    delete (changes as Record<string, Json>)["_state"];
  const assign = Object.keys(changes).length > 0 ? { assign: changes } : {};
  addNode(place, { ...titled(place), type: "wait", ...time, ...assign });
  goOn(place, place.id, false);
}

function seconds(place: Place, field: string, value: Json): string {
  const isWhole = typeof value === "number" && Number.isInteger(value);
  if (field === "Seconds" && isWhole && value >= 0 && value <= SECONDS_MAX) return `PT${value}S`;
  const number = computed(place, field, value);
  if (number === undefined) return "PT0S";
  const isGood = `$type($time) = "number" ? $time >= 0 and $time <= ${SECONDS_MAX} and $floor($time) = $time : false`;
  return template(
    `($time := ${number}; (${isGood}) ? "PT" & $formatNumber($time, "0") & "S" : ${failure(place, `The ${field} parameter does not reference a valid number of seconds`)})`,
  );
}

/** A time with its offset, as AWS wants it. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function instant(place: Place, field: string, value: Json): string {
  if (field === "Timestamp" && typeof value === "string" && !isJsonata(value)) {
    if (TIMESTAMP.test(value) && parseInstant(value) !== undefined) return value;
    refuse(place, field, "INVALID", "must be a time such as 2027-01-31T09:00:00Z");
    return "2000-01-01";
  }
  const text = computed(place, field, value);
  if (text === undefined) return "2000-01-01";
  const told =
    place.language === "JSONata"
      ? "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
      : "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string";
  const isGood = `$type($time) = "string" ? ${isTimestamp("$time")} : false`;
  return template(`($time := ${text}; (${isGood}) ? $time : ${failure(place, told)})`);
}

/** Whether a text is a time with an offset, each part in its bounds. */
export function isTimestamp(text: string): string {
  return (
    `$contains(${text}, /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T` +
    String.raw`([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$/)`
  );
}

function failure({ language }: Place, told: string): string {
  const code = language === "JSONata" ? "States.QueryEvaluationError" : "States.Runtime";
  return `$fail("${code}", ${quoted(told)})`;
}

function computed(place: Place, field: string, value: Json): string | undefined {
  if (field.endsWith("Path") && typeof value === "string") {
    return pathOf(place, field, value, { at: effectiveInput(place) });
  }
  if (place.language === "JSONata" && isJsonata(value)) return jsonataOf(place, field, value);
  refuse(place, field, "INVALID", "is neither a time nor where to find one");
  return undefined;
}
