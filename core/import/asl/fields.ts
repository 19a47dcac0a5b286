import type { Json } from "../../kernel/json.ts";
import { type Language, type Place, refuse } from "./place.ts";

const ALL = ["Type", "Comment", "QueryLanguage"];
const ON = ["Next", "End"];
const PATHS = ["InputPath", "OutputPath"];
const RESULT = ["ResultPath", "Parameters", "ResultSelector"];
const FAILS = ["Retry", "Catch"];

type Fields = Readonly<{
  any: readonly string[];
  JSONPath: readonly string[];
  JSONata: readonly string[];
}>;

const MAP = [
  "ItemProcessor",
  "Iterator",
  "ItemSelector",
  "MaxConcurrency",
  "ToleratedFailureCount",
  "ToleratedFailurePercentage",
  "Label",
];

/** The fields of each kind of state that are translated: in any language, and in one alone. */
const FIELDS: Readonly<Record<string, Fields>> = {
  Pass: {
    any: [...ON, "Assign"],
    JSONPath: [...PATHS, "ResultPath", "Parameters", "Result"],
    JSONata: ["Output"],
  },
  Task: {
    any: [...ON, ...FAILS, "Assign", "Resource", "TimeoutSeconds", "HeartbeatSeconds"],
    JSONPath: [...PATHS, ...RESULT],
    JSONata: ["Output", "Arguments"],
  },
  Choice: { any: ["Choices", "Default", "Assign"], JSONPath: PATHS, JSONata: ["Output"] },
  Wait: {
    any: [...ON, "Assign", "Seconds", "Timestamp"],
    JSONPath: [...PATHS, "SecondsPath", "TimestampPath"],
    JSONata: ["Output"],
  },
  Succeed: { any: [], JSONPath: PATHS, JSONata: ["Output"] },
  Fail: { any: ["Error", "Cause"], JSONPath: ["ErrorPath", "CausePath"], JSONata: [] },
  Parallel: {
    any: [...ON, ...FAILS, "Assign", "Branches"],
    JSONPath: [...PATHS, ...RESULT],
    JSONata: ["Output", "Arguments"],
  },
  Map: {
    any: [...ON, ...FAILS, "Assign", ...MAP],
    JSONPath: [...PATHS, ...RESULT, "ItemsPath", "MaxConcurrencyPath"],
    JSONata: ["Output", "Items"],
  },
};

/** What AWS has and this has no counterpart for, as opposed to what no state has. */
const FOREIGN = new Set([
  "Credentials",
  "TimeoutSecondsPath",
  "HeartbeatSecondsPath",
  "ItemReader",
  "ItemBatcher",
  "ResultWriter",
  "ToleratedFailureCountPath",
  "ToleratedFailurePercentagePath",
]);

/** Names every field that is not translated: none is dropped in silence. */
export function checkFields(place: Place, type: string): void {
  const fields = FIELDS[type];
  if (!fields) return;
  const known = new Set([...ALL, ...fields.any, ...fields[place.language]]);
  for (const name of Object.keys(place.state)) {
    if (known.has(name)) continue;
    if (FOREIGN.has(name)) refuse(place, name, "NOT_SUPPORTED", `${name} has no counterpart here`);
    else refuse(place, name, "INVALID", `is no field of a ${type} in ${place.language}`);
  }
}

export function languageOf(value: Json | undefined, otherwise: Language): Language | undefined {
  if (value === undefined) return otherwise;
  return value === "JSONPath" || value === "JSONata" ? value : undefined;
}
