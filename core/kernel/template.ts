import { compileExpression, type Expression, type Scope } from "./expression.ts";
import { EXPRESSION, ExpressionError } from "./expression-limits.ts";
import { isObject, type Json } from "./json.ts";

/** A JSON value with expressions in it, parsed once. */
export type Template =
  | Readonly<{ type: "constant"; value: Json }>
  | Readonly<{ type: "expression"; expression: Expression }>
  | Readonly<{ type: "text"; parts: readonly (string | Expression)[] }>
  | Readonly<{ type: "array"; entries: readonly Template[] }>
  | Readonly<{ type: "object"; members: readonly (readonly [string, Template])[] }>;

export type TemplateFault = Readonly<{ path: string; message: string }>;

const EXACTLY = /^\s*\{%((?:(?!%\})[\s\S])*)%\}\s*$/;
const DEPTH_MAX = 64;

/** Parses a template. Every fault is put on `faults` with its path; those parts become null. */
export function compileTemplate(
  value: Json,
  path: string,
  faults: TemplateFault[],
  depth = 0,
): Template {
  if (depth > DEPTH_MAX) {
    faults.push({ path, message: `is nested deeper than ${DEPTH_MAX} levels` });
    return { type: "constant", value: null };
  }
  if (typeof value === "string") return text(value, path, faults);
  if (Array.isArray(value)) {
    const entries = value.map((entry: Json, index) =>
      compileTemplate(entry, `${path}[${index}]`, faults, depth + 1),
    );
    return entries.every(isConstant) ? { type: "constant", value } : { type: "array", entries };
  }
  if (isObject(value)) {
    const members = Object.entries(value).map(
      ([name, member]) =>
        [name, compileTemplate(member, `${path}.${name}`, faults, depth + 1)] as const,
    );
    const constant = members.every(([, member]) => isConstant(member));
    return constant ? { type: "constant", value } : { type: "object", members };
  }
  return { type: "constant", value };
}

/** Whether the value depends on nothing, so that it can be checked when it is published. */
export function isConstant(template: Template): boolean {
  return template.type === "constant";
}

/**
 * The value of a template. Absent members of objects are left out; absent entries of arrays are
 * null, since an array has no holes; absent parts of texts are empty.
 * @throws ExpressionError
 */
export async function evaluateTemplate(
  template: Template,
  scope: Scope,
): Promise<Json | undefined> {
  switch (template.type) {
    case "constant":
      return template.value;
    case "expression":
      return template.expression.evaluate(scope);
    case "text":
      return textOf(template.parts, scope);
    case "array": {
      const result: Json[] = [];
      for (const entry of template.entries) {
        result.push((await evaluateTemplate(entry, scope)) ?? null);
      }
      return result;
    }
    case "object":
      return objectOf(template.members, scope);
  }
}

async function objectOf(
  members: readonly (readonly [string, Template])[],
  scope: Scope,
): Promise<Json> {
  const result: [string, Json][] = [];
  for (const [name, member] of members) {
    const value = await evaluateTemplate(member, scope);
    if (value !== undefined) result.push([name, value]);
  }
  // fromEntries defines members, so a member named __proto__ is data like any other.
  return Object.fromEntries(result);
}

async function textOf(parts: readonly (string | Expression)[], scope: Scope): Promise<string> {
  let result = "";
  const told = scope.passesOn ? { ...scope, passesOn: false } : scope;
  for (const part of parts) {
    const value = typeof part === "string" ? part : await part.evaluate(told);
    if (value === undefined) continue;
    result += typeof value === "string" ? value : JSON.stringify(value);
    if (result.length > EXPRESSION.resultLengthMax) {
      const message = `a text is longer than ${EXPRESSION.resultLengthMax} characters`;
      throw new ExpressionError("EXPRESSION_LIMIT", message);
    }
  }
  return result;
}

function text(value: string, path: string, faults: TemplateFault[]): Template {
  if (!value.includes("{%")) return { type: "constant", value };
  const exactly = EXACTLY.exec(value);
  if (exactly) {
    const expression = compiled(exactly[1] ?? "", path, faults);
    return expression ? { type: "expression", expression } : { type: "constant", value: null };
  }
  const parts: (string | Expression)[] = [];
  let rest = value;
  for (let start = rest.indexOf("{%"); start >= 0; start = rest.indexOf("{%")) {
    const end = rest.indexOf("%}", start);
    if (end < 0) {
      faults.push({ path, message: "{% has no %} that closes it" });
      return { type: "constant", value: null };
    }
    if (start > 0) parts.push(rest.slice(0, start));
    const expression = compiled(rest.slice(start + 2, end), path, faults);
    if (expression) parts.push(expression);
    rest = rest.slice(end + 2);
  }
  if (rest !== "") parts.push(rest);
  return { type: "text", parts };
}

function compiled(source: string, path: string, faults: TemplateFault[]): Expression | undefined {
  try {
    return compileExpression(source.trim());
  } catch (error) {
    const message = error instanceof Error ? error.message : "malformed";
    faults.push({ path, message: `{%${source}%}: ${message}` });
    return undefined;
  }
}
