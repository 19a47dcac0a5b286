import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { quoted, template } from "../../jsonata-text.ts";
import { jsonataOf } from "../condition.ts";
import { readCondition } from "../condition-syntax.ts";
import { fieldOf, merged, type Place, refuse, warn } from "../place.ts";

/**
 * Rules, each with a name and a condition, or a text that is both. All are looked at, and the data
 * tells which have passed; what comes of that is for the gateways behind.
 *
 * A rule that is a sentence for people counts as passed, as it does where this comes from.
 */
export function rulesTask(place: Place): JsonObject {
  const rules = fieldOf(place, "rules") ?? { value: [], path: place.node.path };
  if (!Array.isArray(rules.value)) {
    refuse(place, rules.path, "INVALID_TYPE", "must be a list of rules");
    return {};
  }
  const results = rules.value.map((rule: Json, index) => {
    const { name, passed } = ruleOf(place, rule, `${rules.path}[${index}]`);
    return `{"rule": ${quoted(name)}, "passed": ${passed}}`;
  });
  const listed = `$list(${results.join(", ")})`;
  return {
    type: "set",
    with: template(
      `($results := ${listed}; {"validationPassed": $count($results[passed = false]) = 0, ` +
        '"results": $results})',
    ),
    assign: merged("$output"),
  };
}

function ruleOf(
  place: Place,
  rule: Json,
  path: string,
): Readonly<{ name: string; passed: string }> {
  const given = isObject(rule) ? (rule["condition"] ?? rule["expression"] ?? rule["name"]) : rule;
  const named = isObject(rule) ? (rule["name"] ?? given) : rule;
  if (typeof given !== "string" || typeof named !== "string" || given === "") {
    refuse(place, path, "INVALID_VALUE", "a rule is {name, condition}, or a condition");
    return { name: "", passed: "false" };
  }
  const isCondition = isObject(rule) && (rule["condition"] ?? rule["expression"]) !== undefined;
  const read = readCondition(given);
  // One word alone is a name as well as a condition.
  const isSentence = !isCondition && (!read.ok || /^[\w$.]+$/.test(given.trim()));
  if (isSentence) {
    const message = "is no condition, and counts as passed: give it one";
    warn(place, path, "RULE_NOT_CHECKED", message);
    return { name: named, passed: "true" };
  }
  if (read.ok) return { name: named, passed: jsonataOf(read.condition) };
  refuse(place, path, "INVALID_CONDITION", read.message);
  return { name: named, passed: "false" };
}
