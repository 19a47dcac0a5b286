import { parseDuration, parseInstant } from "./duration.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Problem } from "./problem.ts";
import { compileTemplate, type Template, type TemplateFault } from "./template.ts";

/** Collects what is wrong with a document: everything at once, each with its path. */
export type Check = Readonly<{
  errors: Problem[];
  warnings: Problem[];
  error(path: string, code: string, message: string): void;
  warn(path: string, code: string, message: string): void;
}>;

export function newCheck(): Check {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  return {
    errors,
    warnings,
    error: (path, code, message) => void errors.push({ path, code, message }),
    warn: (path, code, message) => void warnings.push({ path, code, message }),
  };
}

/** Reads one field of an object: what it may be, and what to say when it is something else. */
export type FieldCheck = (value: Json, path: string, check: Check) => void;

/** Names every member that is not known, so that a misspelt field is never silently ignored. */
export function onlyKnown(
  object: JsonObject,
  known: ReadonlySet<string>,
  path: string,
  check: Check,
): void {
  for (const name of Object.keys(object)) {
    if (known.has(name)) continue;
    const where = path === "" ? name : `${path}.${name}`;
    check.error(where, "UNKNOWN_FIELD", `"${name}" is not a field here`);
  }
}

export function template(value: Json, path: string, check: Check): Template {
  const faults: TemplateFault[] = [];
  const result = compileTemplate(value, path, faults);
  for (const fault of faults) check.error(fault.path, "INVALID_EXPRESSION", fault.message);
  return result;
}

export const aTemplate: FieldCheck = (value, path, check) => void template(value, path, check);

export const aText: FieldCheck = (value, path, check) => {
  if (typeof value === "string") template(value, path, check);
  else check.error(path, "INVALID_TYPE", "must be a text");
};

/** A text that means itself: nothing in it is a template. */
export function aLiteral(lengthMax: number): FieldCheck {
  return (value, path, check) => {
    if (typeof value !== "string") check.error(path, "INVALID_TYPE", "must be a text");
    else if (value.length > lengthMax) {
      check.error(path, "LIMIT", `is longer than ${lengthMax} characters`);
    }
  };
}

export const aBoolean: FieldCheck = (value, path, check) => {
  if (typeof value !== "boolean") check.error(path, "INVALID_TYPE", "must be true or false");
};

export const aDuration: FieldCheck = (value, path, check) => {
  if (typeof value === "string" && parseDuration(value) !== undefined) return;
  check.error(path, "INVALID_DURATION", 'must be an ISO 8601 duration such as "PT30S" or "P2D"');
};

/** A duration now, or an expression that gives one when the run gets there. */
export const aDurationOrTemplate: FieldCheck = (value, path, check) => {
  if (isTemplateText(value)) template(value, path, check);
  else aDuration(value, path, check);
};

export const anInstantOrTemplate: FieldCheck = (value, path, check) => {
  if (isTemplateText(value)) template(value, path, check);
  else if (typeof value !== "string" || parseInstant(value) === undefined) {
    const message = 'must be an RFC 3339 instant such as "2027-01-31T09:00:00Z"';
    check.error(path, "INVALID_INSTANT", message);
  }
};

export function isTemplateText(value: Json): boolean {
  return typeof value === "string" && value.includes("{%");
}

export function aNumber(from: number, to: number, whole = true): FieldCheck {
  return (value, path, check) => {
    const good = typeof value === "number" && value >= from && value <= to;
    if (good && (!whole || Number.isInteger(value))) return;
    const kind = whole ? "a whole number" : "a number";
    check.error(path, "INVALID_VALUE", `must be ${kind} from ${from} to ${to}`);
  };
}

/** A value in a message, as far as it is short. */
export function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export function oneOf(...choices: readonly string[]): FieldCheck {
  return (value, path, check) => {
    if (typeof value === "string" && choices.includes(value)) return;
    check.error(path, "INVALID_VALUE", `${shown(value)} is not one of ${choices.join(", ")}`);
  };
}

export function listOf(entry: FieldCheck, most = 1_000): FieldCheck {
  return (value, path, check) => {
    if (!Array.isArray(value)) {
      check.error(path, "INVALID_TYPE", "must be a list");
      return;
    }
    if (value.length > most) check.error(path, "LIMIT", `has more than ${most} entries`);
    for (const [index, item] of value.entries()) entry(item as Json, `${path}[${index}]`, check);
  };
}

export function anObject(fields: Readonly<Record<string, FieldCheck>>): FieldCheck {
  const known = new Set(Object.keys(fields));
  return (value, path, check) => {
    if (!isObject(value)) {
      check.error(path, "INVALID_TYPE", "must be an object");
      return;
    }
    onlyKnown(value, known, path, check);
    for (const [name, field] of Object.entries(fields)) {
      const member = value[name];
      if (member !== undefined) field(member, `${path}.${name}`, check);
    }
  };
}

export const templates: FieldCheck = (value, path, check) => {
  if (!isObject(value)) check.error(path, "INVALID_TYPE", "must be an object");
  else template(value, path, check);
};

export const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

export const aName: FieldCheck = (value, path, check) => {
  // A member of this name is lost wherever objects are made by assignment.
  if (typeof value === "string" && NAME.test(value) && value !== "__proto__") return;
  const message = "must be letters, digits, _ and -, beginning with a letter or _, at most 64";
  check.error(path, "INVALID_VALUE", message);
};

export function notYet(what: string): FieldCheck {
  return (_, path, check) => {
    check.error(path, "NOT_SUPPORTED", `${what} is not supported by this version`);
  };
}
