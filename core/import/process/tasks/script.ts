import type { JsonObject } from "../../../kernel/json.ts";
import { template } from "../../jsonata-text.ts";
import { DATA } from "../condition.ts";
import { fieldOf, type Place, refuse, textIn } from "../place.ts";

const NOTHING_SAID = "return { executed: true };";

/**
 * The functions that a script may call without making them. There is no clock in the sandbox: it
 * is handed the instant of the commit, which is on record.
 */
const HELPERS = `const updateField = (data, field, value) => ({ ...data, [field]: value });
const getField = (data, field) => data[field];
const mergeData = (data, more) => ({ ...data, ...more });
const addToArray = (data, field, item) => ({ ...data, [field]: [...(data[field] ?? []), item] });
const filterArray = (data, field, isWanted) =>
  ({ ...data, [field]: (data[field] ?? []).filter(isWanted) });
const validateRequired = (data, fields) => {
  const missing = fields.filter((field) => !data[field]);
  return { valid: missing.length === 0, missing };
};
const formatString = (text, data) =>
  text.replace(/\\{(\\w+)\\}/g, (_, name) => String(data[name] || ""));
const getCurrentDate = () => input.now;
const formatDate = (date) => new Date(date).toLocaleDateString();
const log = () => undefined;`;

/**
 * JavaScript that sees `processData`, may change it, and may return what is merged into it. What
 * it returns beside objects is merged by nobody.
 */
export function scriptTask(place: Place): JsonObject {
  const language = textIn(place, "scriptType", "scriptFormat", "language") ?? "javascript";
  if (!/^(?:javascript|js|text\/javascript)$/i.test(language)) {
    const at = fieldOf(place, "scriptType", "scriptFormat", "language")?.path ?? place.node.path;
    refuse(place, at, "NOT_SUPPORTED", `scripts are JavaScript, not ${JSON.stringify(language)}`);
  }
  const script = textIn(place, "script", "code") ?? NOTHING_SAID;
  const code = `${HELPERS}
const processData = input.data;
const made = (() => {
${script}
})();
const isObject = typeof made === "object" && made !== null && !Array.isArray(made);
return isObject ? { ...processData, ...made } : processData;`;
  return {
    type: "script",
    with: { data: template(DATA), now: template("$now()") },
    code,
    assign: { processData: template("$output") },
  };
}
