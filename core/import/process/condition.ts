import { canonical } from "../../kernel/ledger.ts";
import { literal, member } from "../jsonata-text.ts";
import type { Compared, Comparison, Condition } from "./condition-syntax.ts";

/** Where the data of a process is. */
export const DATA = "$vars.processData";

/**
 * A condition as JSONata that is true or false. A name that is not there equals nothing but `null`,
 * and is neither smaller nor larger than anything; nothing is converted to be compared.
 */
export function jsonataOf(condition: Condition): string {
  switch (condition.type) {
    case "value":
    case "name":
      return `(${valueOf(condition)} ? true : false)`;
    case "not":
      return `(${jsonataOf(condition.of)} ? false : true)`;
    case "both":
      return `(${jsonataOf(condition.left)} and ${jsonataOf(condition.right)})`;
    case "either":
      return `(${jsonataOf(condition.left)} or ${jsonataOf(condition.right)})`;
    case "compare":
      return compared(condition);
  }
}

const OPPOSITES: Readonly<Record<Comparison, Comparison>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

/** Whether one of two conditions holds whatever the data is, as long as the data is there. */
export function areOpposite(one: Condition, other: Condition): boolean {
  if (one.type === "not") return canonical(one.of) === canonical(other);
  if (other.type === "not") return canonical(other.of) === canonical(one);
  if (one.type !== "compare" || other.type !== "compare") return false;
  if (canonical(one.left) !== canonical(other.left)) return false;
  if (canonical(one.right) === canonical(other.right)) {
    return OPPOSITES[one.operator] === other.operator;
  }
  return one.operator === "==" && other.operator === "==" && isYesOrNo(one) && isYesOrNo(other);
}

function isYesOrNo({ right }: Compared): boolean {
  return right.type === "value" && typeof right.value === "boolean";
}

function compared({ operator, left, right }: Compared): string {
  if (operator === "==") return equal(left, right);
  if (operator === "!=") return `(${equal(left, right)} ? false : true)`;
  return `(${valueOf(left)} ${operator} ${valueOf(right)} ? true : false)`;
}

function equal(left: Condition, right: Condition): string {
  if (isNull(right)) return isNothing(left);
  if (isNull(left)) return isNothing(right);
  return `(${valueOf(left)} = ${valueOf(right)})`;
}

function isNull(condition: Condition): boolean {
  return condition.type === "value" && condition.value === null;
}

function isNothing(condition: Condition): string {
  const value = valueOf(condition);
  return `($exists(${value}) ? ${value} = null : true)`;
}

function valueOf(condition: Condition): string {
  if (condition.type === "value") return literal(condition.value);
  if (condition.type === "name") return member(DATA, condition.names);
  return jsonataOf(condition);
}
