import type { Json } from "../../kernel/json.ts";
import { type Place, refuse } from "./place.ts";
import { member, quoted } from "./text.ts";

/** Our codes for what AWS calls by names of its own. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  "States.Timeout": ["TIMEOUT", "States.Timeout"],
  "States.HeartbeatTimeout": ["WORKER_LOST"],
  "States.QueryEvaluationError": [
    "States.QueryEvaluationError",
    "EXPRESSION_ERROR",
    "EXPRESSION_LIMIT",
  ],
  "States.ResultPathMatchFailure": ["States.ResultPathMatchFailure"],
  "States.IntrinsicFailure": ["States.IntrinsicFailure", "EXPRESSION_ERROR"],
  "States.NoChoiceMatched": ["States.NoChoiceMatched"],
  "States.ExceedToleratedFailureThreshold": [
    "MAP_FAILED",
    "States.ExceedToleratedFailureThreshold",
  ],
  "Lambda.Unknown": ["FUNCTION_ERROR"],
  "Lambda.TooManyRequestsException": ["LAMBDA_THROTTLED", "HTTP_429"],
  "Lambda.ServiceException": ["LAMBDA_UNAVAILABLE", "HTTP_5*", "NETWORK"],
  "Lambda.SdkClientException": ["NETWORK"],
  "Lambda.AWSLambdaException": ["LAMBDA_UNAVAILABLE", "HTTP_4*"],
  "Lambda.ClientExecutionTimeoutException": ["TIMEOUT"],
};

/** What can happen at AWS alone: a retrier or a catcher of it takes nothing here. */
const NEVER = new Set([
  "States.Runtime",
  "States.DataLimitExceeded",
  "States.Permissions",
  "States.ItemReaderFailed",
  "States.ResultWriterFailed",
]);

/** What AWS fails with where it is not told here what with. */
const UNCLEAR = new Set([
  "States.ParameterPathFailure",
  "States.BranchFailed",
  "States.Http.Socket",
]);

/** What nothing catches at AWS, not even `States.ALL`. */
const UNCAUGHT: readonly string[] = [
  "States.Runtime",
  "States.DataLimitExceeded",
  "OUTPUT_TOO_LARGE",
  "INPUT_TOO_LARGE",
];

/** Codes that a list of error names takes, and those that it leaves out although it takes `*`. */
export type Taken = Readonly<{ codes: readonly string[]; but: readonly string[] }>;

export function takenBy(place: Place, field: string, names: Json | undefined): Taken {
  if (!Array.isArray(names) || names.length === 0 || names.length > 20) {
    refuse(place, field, "INVALID", "must be a list of names of errors");
    return { codes: [], but: [] };
  }
  const codes: string[] = [];
  let but: readonly string[] = [];
  for (const [index, name] of (names as readonly Json[]).entries()) {
    if (name === "States.ALL") return { codes: ["*"], but: UNCAUGHT };
    if (name === "States.TaskFailed") {
      codes.push("*");
      but = [...UNCAUGHT, "TIMEOUT", "States.Timeout"];
    } else codes.push(...codesOf(place, `${field}[${index}]`, name));
  }
  return { codes, but: but.filter((code) => !codes.includes(code)) };
}

function codesOf(place: Place, field: string, name: Json): readonly string[] {
  if (typeof name !== "string" || name === "" || name.includes("*")) {
    refuse(place, field, "INVALID", "must be the name of an error");
    return [];
  }
  if (NEVER.has(name)) return [];
  const ours = Object.hasOwn(OURS, name) ? OURS[name] : undefined;
  if (ours) return ours;
  if (!UNCLEAR.has(name)) return [name];
  refuse(place, field, "NOT_SUPPORTED", `nothing here fails with ${name}`);
  return [];
}

/** A condition on the code of an error that is as `takenBy` tells. */
export function takes(code: string, { codes, but }: Taken): string {
  if (codes.includes("*")) {
    return but.length === 0 ? `$exists(${code})` : `$not(${code} in ${listed(but)})`;
  }
  const exact = codes.filter((name) => !name.endsWith("*"));
  const begun = codes
    .filter((name) => name.endsWith("*"))
    .map((name) => `$contains(${code}, /^${name.slice(0, -1)}/)`);
  return [`${code} in ${listed(exact)}`, ...begun].join(" or ");
}

function listed(names: readonly string[]): string {
  return `[${names.map(quoted).join(", ")}]`;
}

/** AWS's names for our codes; a code that is not here is what the author called the error. */
const THEIRS = JSON.stringify({
  TIMEOUT: "States.Timeout",
  EXPRESSION_ERROR: "States.QueryEvaluationError",
  EXPRESSION_LIMIT: "States.QueryEvaluationError",
  INVALID_ITEMS: "States.QueryEvaluationError",
  MAP_FAILED: "States.ExceedToleratedFailureThreshold",
  FUNCTION_ERROR: "Lambda.Unknown",
});

/**
 * The error output of AWS for the error of a node, as JSONata.
 *
 * @param isFunction a Lambda function's: its cause is JSON, as Lambda tells it.
 */
export function errorOutput(node: string, isFunction: boolean): string {
  const error = `${member("$steps", node)}.error`;
  const name = "$exists($name) ? $name : $error.code";
  // A map says which item it was before what was wrong with it.
  const message = `$replace($error.message, /^(item [0-9]+ of [^ ]+: )+/, "")`;
  const cause = isFunction
    ? `$string({"errorType": $error.code, "errorMessage": ${message}})`
    : message;
  const bound = `$error := ${error}; $name := $lookup(${THEIRS}, $error.code)`;
  return `(${bound}; {"Error": ${name}, "Cause": ${cause}})`;
}
