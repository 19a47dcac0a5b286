import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { assigned, payloadValue, putResult } from "./data.ts";
import { errorOutput, type Taken, takenBy, takes } from "./errors.ts";
import { addEdge, addNode, extra, goTo } from "./flow.ts";
import { jsonataValue } from "./jsonata.ts";
import { type Place, refuse } from "./place.ts";
import { member, template } from "./text.ts";

type Retrier = Readonly<{
  taken: Taken;
  attempts: number;
  intervalSeconds: number;
  rate: number;
  secondsMax: number | undefined;
  isFull: boolean;
}>;

const FIELDS = new Set([
  "ErrorEquals",
  "IntervalSeconds",
  "MaxAttempts",
  "BackoffRate",
  "MaxDelaySeconds",
  "JitterStrategy",
  "Comment",
]);

function retriersOf(place: Place): readonly Retrier[] {
  const retry = place.state["Retry"];
  if (retry === undefined) return [];
  if (!Array.isArray(retry) || retry.length > 20) {
    refuse(place, "Retry", "INVALID", "must be a list of at most 20 retriers");
    return [];
  }
  return retry.map((entry: Json, index) => retrierOf(place, `Retry[${index}]`, entry));
}

function retrierOf(place: Place, at: string, entry: Json): Retrier {
  const retrier = isObject(entry) ? entry : {};
  for (const name of Object.keys(retrier)) {
    if (!FIELDS.has(name)) refuse(place, `${at}.${name}`, "INVALID", "is no field of a retrier");
  }
  const number = (name: string, otherwise: number, from: number, to: number) => {
    const value = retrier[name] ?? otherwise;
    if (typeof value === "number" && value >= from && value <= to) return value;
    refuse(place, `${at}.${name}`, "INVALID", `must be a number from ${from} to ${to}`);
    return otherwise;
  };
  const jitter = retrier["JitterStrategy"] ?? "NONE";
  if (jitter !== "NONE" && jitter !== "FULL") {
    refuse(place, `${at}.JitterStrategy`, "INVALID", "must be NONE or FULL");
  }
  return {
    taken: takenBy(place, `${at}.ErrorEquals`, retrier["ErrorEquals"]),
    attempts: number("MaxAttempts", 3, 0, 99_999_999),
    intervalSeconds: number("IntervalSeconds", 1, 1, 99_999_999),
    rate: number("BackoffRate", 2, 1, 100),
    secondsMax:
      retrier["MaxDelaySeconds"] === undefined
        ? undefined
        : number("MaxDelaySeconds", 1, 1, 31_622_400),
    isFull: jitter === "FULL",
  };
}

/** Of a call: no retries but those that are asked for. */
export const ONCE: JsonObject = { maxAttempts: 1 };

/** As many attempts as a retry policy of a node may have. */
const ATTEMPTS_MAX = 100;
const SECONDS_MAX = 3_153_600_000;

/**
 * What a state does when it fails: `Retry`, then `Catch`.
 *
 * One retrier of a call is the retry policy of its node, which keeps the idempotency key of the
 * call. Anything else becomes nodes: a wait that leads back for each retrier, with a count of its
 * own, because each retrier has its own attempts.
 *
 * @param from the nodes that may fail, the one that is tried again first.
 * @returns the policy for the node, and where the state begins.
 */
export function onFailure(
  place: Place,
  from: readonly [string, ...string[]],
  isCall: boolean,
  isFunction: boolean,
): Readonly<{ retry: JsonObject; entry: string }> {
  const retriers = retriersOf(place);
  const [only] = retriers;
  const isPolicy = retriers.length <= 1 && isCall && (only?.attempts ?? 0) < ATTEMPTS_MAX;
  const entry =
    isPolicy || retriers.length === 0 ? from[0] : retryByNodes(place, from[0], retriers);
  for (const node of from) catchers(place, node, isFunction);
  return { retry: isPolicy && only ? policyOf(only) : ONCE, entry };
}

function policyOf({ taken, attempts, intervalSeconds, rate, secondsMax, isFull }: Retrier) {
  const longest = Math.min(
    secondsMax ?? SECONDS_MAX,
    Math.ceil(intervalSeconds * rate ** Math.max(0, attempts - 1)),
    SECONDS_MAX,
  );
  return {
    maxAttempts: attempts + 1,
    backoff: {
      initial: `PT${intervalSeconds}S`,
      factor: rate,
      max: `PT${Math.max(longest, 1)}S`,
      jitter: isFull ? "full" : "none",
    },
    // A list that takes nothing takes no code that there is.
    on: taken.codes.length === 0 ? ["States.Nothing"] : taken.codes,
    ...(taken.but.length > 0 && { notOn: taken.but }),
  };
}

function retryByNodes(place: Place, node: string, retriers: readonly Retrier[]): string {
  const code = `${member("$steps", node)}.error.code`;
  const counts = retriers.map((_, index) => `_tries_${node}_${index + 1}`);
  const earlier: string[] = [];
  for (const [index, retrier] of retriers.entries()) {
    const count = member("$vars", counts[index] ?? "");
    const holds = takes(code, retrier.taken);
    const others = earlier.map((condition) => `$not(${condition}) and `).join("");
    const when = template(`${others}(${holds}) and ${count} < ${retrier.attempts}`);
    earlier.push(holds);
    if (retrier.attempts === 0) continue;
    if (retrier.isFull) {
      const told = "the pauses before these attempts have no jitter here";
      place.machine.report.warn(`${place.path}.Retry[${index}].JitterStrategy`, "NO_JITTER", told);
    }
    const wait = extra(place, `retry-${index + 1}`);
    const pause = `${retrier.intervalSeconds} * $power(${retrier.rate}, ${count})`;
    const seconds =
      retrier.secondsMax === undefined ? pause : `$min([${pause}, ${retrier.secondsMax}])`;
    addNode(place, {
      id: wait,
      type: "wait",
      for: template(`"PT" & $formatNumber(${seconds}, "0") & "S"`),
      assign: { [counts[index] ?? ""]: template(`${count} + 1`) },
    });
    addEdge(place, { from: node, on: "error", when }, wait);
    addEdge(place, { from: wait }, node);
  }
  const entry = extra(place, "begin");
  const zero = Object.fromEntries(counts.map((name) => [name, 0]));
  addNode(place, { id: entry, type: "set", assign: zero });
  addEdge(place, { from: entry }, node);
  return entry;
}

function catchers(place: Place, node: string, isFunction: boolean): void {
  const { Catch: list } = place.state;
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length > 20) {
    refuse(place, "Catch", "INVALID", "must be a list of at most 20 catchers");
    return;
  }
  for (const [index, entry] of (list as readonly Json[]).entries()) {
    const at = `Catch[${index}]`;
    if (!isObject(entry)) {
      refuse(place, at, "INVALID", "must be an object");
      continue;
    }
    const taken = takenBy(place, `${at}.ErrorEquals`, entry["ErrorEquals"]);
    if (taken.codes.length === 0) continue;
    const caught = extra(place, `catch-${index + 1}`);
    const code = `${member("$steps", node)}.error.code`;
    const when = taken.but.length > 0 ? { when: template(takes(code, taken)) } : {};
    const errors = taken.codes.includes("*") ? {} : { errors: taken.codes };
    addEdge(place, { from: node, on: "error", ...errors, ...when }, caught);
    addNode(place, {
      id: caught,
      type: "set",
      ...caughtData(place, at, entry, errorOutput(node, isFunction)),
    });
    goTo(place, { from: caught }, entry["Next"], `${at}.Next`);
  }
}

const CATCH_FIELDS = {
  JSONPath: new Set(["ErrorEquals", "Next", "ResultPath", "Assign", "Comment"]),
  JSONata: new Set(["ErrorEquals", "Next", "Output", "Assign", "Comment"]),
};

function caughtData(place: Place, at: string, entry: JsonObject, error: string): JsonObject {
  for (const name of Object.keys(entry)) {
    if (CATCH_FIELDS[place.language].has(name)) continue;
    refuse(place, `${at}.${name}`, "INVALID", `is no field of a catcher in ${place.language}`);
  }
  const given = entry["Assign"];
  if (place.language === "JSONata") {
    const seen = { errorOutput: error };
    const assign = assigned(
      place,
      (field, value) => jsonataValue(place, field, value, seen),
      given,
      `${at}.Assign`,
    );
    const output = entry["Output"];
    const value =
      output === undefined ? template(error) : jsonataValue(place, `${at}.Output`, output, seen);
    return { with: value, assign: { _state: template("$output"), ...assign } };
  }
  const assign = assigned(
    place,
    (field, value) => payloadValue(place, field, value, { at: error }),
    given,
    `${at}.Assign`,
  );
  const value = putResult(place, template(error), entry["ResultPath"] ?? "$");
  const put = entry["ResultPath"] === null ? template("$vars._state") : value;
  return { with: put, assign: { _state: template("$output"), ...assign } };
}

/** What nothing has caught, and AWS calls by another name, ends its scope by that name. */
export function endAs(place: Place, node: string, code: string, theirs: string): void {
  const end = extra(place, "failed");
  const message = template(`${member("$steps", node)}.error.message`);
  addEdge(place, { from: node, on: "error", errors: [code] }, end);
  addNode(place, { id: end, type: "end", status: "failed", error: { code: theirs, message } });
}
