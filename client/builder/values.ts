import type { Source } from "./expression.ts";

/** Says in types, and nowhere else, what a reference or an expression comes to. */
declare const VALUE: unique symbol;

/** An expression whose value is a `T`. `{% … %}` around it is written when it is printed. */
export interface Valued<T> {
  readonly [VALUE]: T;
}

/** Of what nothing is known. It fits wherever a value is wanted; `get` goes on from it. */
export type Dynamic = Valued<never>;

/** A path that can be gone along: `$.input.order.price`. Entries of lists are had by `at`. */
export type Ref<T> = unknown extends T ? Dynamic : Valued<T> & Members<NonNullable<T>>;

type Members<T> = [T] extends [readonly unknown[]]
  ? unknown
  : [T] extends [object]
    ? { readonly [Name in keyof T]-?: Ref<T[Name]> }
    : unknown;

/** An expression as the language has it, for what the builder has no word for. */
export type Raw = `{%${string}%}`;

/** Any JSON in which expressions may stand. */
export type Template =
  | string
  | number
  | boolean
  | null
  | Valued<unknown>
  | readonly Template[]
  | { readonly [name: string]: Template };

/** A template whose value is a `T`. */
export type TemplateOf<T> = unknown extends T ? Template : Valued<T> | Raw | Literally<T>;

type Literally<T> = T extends readonly (infer Entry)[]
  ? readonly TemplateOf<Entry>[]
  : T extends object
    ? { readonly [Name in keyof T]: TemplateOf<T[Name]> }
    : T;

/** What a template comes to. */
export type ValueOf<T> =
  T extends Valued<infer Value>
    ? [Value] extends [never]
      ? unknown
      : Value
    : T extends string
      ? T extends Raw
        ? unknown
        : string
      : T extends number
        ? number
        : T extends boolean
          ? boolean
          : T extends object
            ? { -readonly [Name in keyof T]: ValueOf<T[Name]> }
            : T;

/** What an operator takes: a value, or an expression that may come to nothing. */
export type Operand<T> = Valued<T | undefined> | T;

/** The expression that these types tell of; `source` is what it prints as. */
export function valued<T>(source: Source): Ref<T> {
  return source as unknown as Ref<T>;
}
