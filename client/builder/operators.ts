import { BINDS, expression, inTemplate, operand, sourceOf } from "./expression.ts";
import { type Operand, type Ref, type Valued, valued } from "./values.ts";

type Comparable = number | string;
type Compare = {
  (left: Operand<number>, right: Operand<number>): Ref<boolean>;
  (left: Operand<string>, right: Operand<string>): Ref<boolean>;
};
type Calculate = (left: Operand<number>, right: Operand<number>) => Ref<number>;
type Combine = (...conditions: readonly Operand<unknown>[]) => Ref<boolean>;

/** A text with expressions in it: ``text`Hello, ${$.input.name}!` ``. */
export function text(pieces: TemplateStringsArray, ...values: readonly unknown[]): string {
  const between = values.map((value) => {
    const source = sourceOf(value);
    return source ? inTemplate(source.text) : String(value);
  });
  return String.raw({ raw: pieces }, ...between);
}

/** An expression as you write it; references and plain values may stand in it. */
export function expr<T = unknown>(
  pieces: TemplateStringsArray,
  ...values: readonly unknown[]
): Ref<T> {
  const between = values.map((value) => operand(value, BINDS.path));
  return valued(expression(String.raw({ raw: pieces }, ...between), BINDS.choice));
}

/** A call of one of JSONata's functions: `call<number>("round", $.vars.sum, 2)`. */
export function call<T = unknown>(name: string, ...values: readonly unknown[]): Ref<T> {
  const given = values.map((value) => operand(value, 0)).join(", ");
  return valued(expression(`$${name}(${given})`));
}

export const eq = comparison("=");
export const ne = comparison("!=");
export const lt: Compare = comparison("<");
export const lte: Compare = comparison("<=");
export const gt: Compare = comparison(">");
export const gte: Compare = comparison(">=");
export const plus: Calculate = operator("+", BINDS.add);
export const minus: Calculate = operator("-", BINDS.add);
export const times: Calculate = operator("*", BINDS.multiply);
export const over: Calculate = operator("/", BINDS.multiply);
export const modulo: Calculate = operator("%", BINDS.multiply);
export const and: Combine = chain("and", BINDS.and);
export const or: Combine = chain("or", BINDS.or);
export const concat: (...texts: readonly Operand<Comparable>[]) => Ref<string> = chain(
  "&",
  BINDS.add,
);

export function not(condition: Operand<unknown>): Ref<boolean> {
  return call("not", condition);
}

/** Whether there is a value: what is absent is not `null`. */
export function exists(value: Valued<unknown>): Ref<boolean> {
  return call("exists", value);
}

export function count(list: Operand<readonly unknown[]>): Ref<number> {
  return call("count", list);
}

export function sum(list: Operand<readonly number[]>): Ref<number> {
  return call("sum", list);
}

/** One entry of a list, by its number from 0. */
export function at<Entry>(
  list: Valued<readonly Entry[] | undefined>,
  index: Operand<number>,
): Ref<Entry> {
  return valued(expression(`${operand(list, BINDS.path)}[${operand(index, 0)}]`));
}

/** What is found along a path, where the types do not know it. */
export function get<T = unknown>(
  value: Valued<unknown>,
  ...path: readonly (string | number)[]
): Ref<T> {
  return path.reduce<unknown>((found, name) => Reflect.get(found as object, name), value) as Ref<T>;
}

export function choose<Yes, No>(
  condition: Operand<unknown>,
  yes: Operand<Yes>,
  no: Operand<No>,
): Ref<Yes | No> {
  const [test, one] = [condition, yes].map((value) => operand(value, BINDS.or));
  return valued(expression(`${test} ? ${one} : ${operand(no, BINDS.choice)}`, BINDS.choice));
}

/** The value, or another one where it is absent. */
export function orElse<T>(value: Valued<T | undefined>, other: Operand<T>): Ref<T> {
  return choose(exists(value), value, other);
}

function comparison(sign: string) {
  return (left: unknown, right: unknown): Ref<boolean> => {
    const [one, other] = [left, right].map((value) => operand(value, BINDS.compare + 1));
    return valued(expression(`${one} ${sign} ${other}`, BINDS.compare));
  };
}

function operator(sign: string, binds: number) {
  return (left: unknown, right: unknown): Ref<number> =>
    valued(expression(`${operand(left, binds)} ${sign} ${operand(right, binds + 1)}`, binds));
}

function chain<T>(sign: string, binds: number) {
  return (...values: readonly unknown[]): Ref<T> =>
    valued(expression(values.map((value) => operand(value, binds + 1)).join(` ${sign} `), binds));
}
