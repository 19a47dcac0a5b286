import { type Check, onlyKnown } from "../../kernel/check.ts";
import { isObject, type Json } from "../../kernel/json.ts";
import { literal, member, quoted } from "../jsonata-text.ts";

const ORDERS = new Set([">", "<", ">=", "<="]);
const EQUALS: Readonly<Record<string, string>> = { "==": "=", "!=": "!=" };
const FIELDS = new Set("key operator value".split(" "));

/**
 * `{key, operator, value}` over the top level of the state, as JSONata.
 *
 * A key that is not there makes any condition false. What cannot be compared is an error of the
 * run, as it is in the language that such graphs were made for.
 */
export function conditionOf(condition: Json, path: string, check: Check): string | undefined {
  if (!isObject(condition)) {
    check.error(path, "INVALID_TYPE", "must be {key, operator, value}");
    return undefined;
  }
  onlyKnown(condition, FIELDS, path, check);
  const { key, operator, value } = condition;
  if (typeof key !== "string") check.error(`${path}.key`, "REQUIRED", "the name of a value");
  if (value === undefined) check.error(`${path}.value`, "REQUIRED", "what is compared with");
  if (typeof operator !== "string") {
    check.error(`${path}.operator`, "REQUIRED", "one of ==, !=, >, <, >=, <=, in");
  }
  if (typeof key !== "string" || typeof operator !== "string" || value === undefined) {
    return undefined;
  }
  const left = member("$vars.state", [key]);
  const equal = EQUALS[operator];
  if (equal !== undefined) return `${left} ${equal} ${literal(value)}`;
  if (operator === "in") return within(left, value, `${path}.value`, check);
  if (!ORDERS.has(operator)) {
    const text = `${JSON.stringify(operator).slice(0, 80)} is none of ==, !=, >, <, >=, <=, in`;
    check.error(`${path}.operator`, "INVALID_VALUE", text);
    return undefined;
  }
  if (typeof value !== "number" && typeof value !== "string") {
    check.error(`${path}.value`, "INVALID_VALUE", `${operator} compares numbers, or texts`);
  }
  return `${left} ${operator} ${literal(value)}`;
}

/** One of a list, or a part of a text. */
function within(left: string, value: Json, path: string, check: Check): string | undefined {
  if (typeof value === "string") return `$exists(${left}) and $contains(${quoted(value)}, ${left})`;
  if (!Array.isArray(value)) {
    check.error(path, "INVALID_VALUE", "in looks into a list, or into a text");
    return undefined;
  }
  if (value.length === 0) return "false";
  return value.map((entry: Json) => `${left} = ${literal(entry)}`).join(" or ");
}
