import { aName, type Check, type FieldCheck, isTemplateText, onlyKnown } from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { AGGREGATES, HIT_POLICIES, type HitPolicy, hitPolicyOf } from "./table.ts";

const COLUMNS_MAX = 50;
const RULES_MAX = 1_000;
const FIELDS = new Set("hitPolicy aggregate inputs outputs rules".split(" "));
const RULE_FIELDS = new Set("when then annotation".split(" "));

/** The shape of a decision table. What is in its cells is judged by whoever knows FEEL. */
export const checkTable: FieldCheck = (table, path, check) => {
  if (!isObject(table)) {
    check.error(path, "INVALID_TYPE", "must be an object");
    return;
  }
  onlyKnown(table, FIELDS, path, check);
  const policy = hitPolicyOf(table["hitPolicy"]);
  if (!policy) {
    check.error(`${path}.hitPolicy`, "INVALID_VALUE", `must be one of ${HIT_POLICIES.join(", ")}`);
  }
  const inputs = list(table["inputs"], `${path}.inputs`, COLUMNS_MAX, check);
  const outputs = list(table["outputs"], `${path}.outputs`, COLUMNS_MAX, check);
  const names = outputs.map((output) => (isObject(output) ? (output["name"] ?? null) : output));
  checkNames(inputs, `${path}.inputs`, check);
  checkNames(names, `${path}.outputs`, check);
  if (policy) checkPolicy(policy, table, outputs, path, check);
  const rules = list(table["rules"], `${path}.rules`, RULES_MAX, check);
  for (const [index, rule] of rules.entries()) {
    checkRule(rule, `${path}.rules[${index}]`, [inputs.length, outputs.length], check);
  }
};

function list(value: Json | undefined, path: string, most: number, check: Check): readonly Json[] {
  if (!Array.isArray(value) || value.length === 0) {
    check.error(
      path,
      value === undefined ? "REQUIRED" : "INVALID_TYPE",
      "must be a list, not empty",
    );
    return [];
  }
  if (value.length > most) check.error(path, "LIMIT", `has more than ${most} entries`);
  return value.slice(0, most) as readonly Json[];
}

function checkNames(names: readonly Json[], path: string, check: Check): void {
  for (const [index, name] of names.entries()) {
    aName(name, `${path}[${index}]`, check);
    if (names.indexOf(name) < index) {
      check.error(`${path}[${index}]`, "DUPLICATE_ID", "another column has this name");
    }
  }
}

function checkPolicy(
  policy: HitPolicy,
  { aggregate }: JsonObject,
  outputs: readonly Json[],
  path: string,
  check: Check,
): void {
  if (aggregate !== undefined) {
    const known = AGGREGATES.find((one) => one === aggregate);
    const where = `${path}.aggregate`;
    if (!known) check.error(where, "INVALID_VALUE", `must be one of ${AGGREGATES.join(", ")}`);
    if (policy !== "collect") check.error(where, "INVALID_VALUE", "only collect has an aggregate");
    if (outputs.length !== 1) {
      check.error(where, "INVALID_VALUE", "an aggregate is of a table with one output");
    }
  }
  const hasValues = outputs.some((output) => isObject(output) && Array.isArray(output["values"]));
  if ((policy === "priority" || policy === "output order") && !hasValues) {
    const text = `${policy} needs an output {"name", "values"}, whose values are by priority`;
    check.error(`${path}.outputs`, "REQUIRED", text);
  }
}

function checkRule(
  rule: Json,
  path: string,
  [inputs, outputs]: readonly [number, number],
  check: Check,
): void {
  if (!isObject(rule)) {
    check.error(path, "INVALID_TYPE", "must be an object");
    return;
  }
  onlyKnown(rule, RULE_FIELDS, path, check);
  const when = cells(rule["when"], inputs, `${path}.when`, "input", check);
  cells(rule["then"], outputs, `${path}.then`, "output", check);
  for (const [index, cell] of when.entries()) {
    if (["string", "number", "boolean"].includes(typeof cell)) continue;
    check.error(`${path}.when[${index}]`, "INVALID_TYPE", 'must be a FEEL test, or "-" for any');
  }
  const { annotation } = rule;
  if (annotation === undefined) return;
  if (typeof annotation !== "string") {
    check.error(`${path}.annotation`, "INVALID_TYPE", "must be a text");
  } else if (isTemplateText(annotation)) {
    check.error(`${path}.annotation`, "INVALID_VALUE", "is no template: it means itself");
  }
}

function cells(
  value: Json | undefined,
  count: number,
  path: string,
  what: string,
  check: Check,
): readonly Json[] {
  if (!Array.isArray(value)) {
    check.error(path, value === undefined ? "REQUIRED" : "INVALID_TYPE", "must be a list");
    return [];
  }
  if (value.length !== count) {
    check.error(
      path,
      "INVALID_VALUE",
      `has ${value.length} cells, and the table ${count} ${what}s`,
    );
  }
  return value as readonly Json[];
}
