import type { JsonObject } from "../../core/contract/fields.ts";

declare const SHAPE: unique symbol;

/** A type that no value stands for. */
export type Shape<T> = Readonly<{ [SHAPE]?: T }>;

const NO_SCHEMA = {};

/** Tells the types what no document says: what a tool answers, or what comes with an event. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type is all it gives.
export function shape<T>(): Shape<T> {
  return NO_SCHEMA;
}

/** A schema of zod, or of any library that keeps to the Standard JSON Schema interface. */
type Standard = Readonly<{
  "~standard": Readonly<{
    types?: Readonly<{ input: unknown }> | undefined;
    jsonSchema: Readonly<{ input(options: { target: string }): Record<string, unknown> }>;
  }>;
}>;

type JsonSchema = Readonly<Record<string, unknown>>;

export type Schema = JsonSchema | Standard | Shape<unknown>;

/** The type of the values that a schema lets through, as far as it can be told. */
export type FromSchema<S> = typeof SHAPE extends keyof S
  ? S extends Shape<infer T>
    ? T
    : never
  : S extends { "~standard": { types?: infer Types } }
    ? NonNullable<Types> extends { input: infer Input }
      ? Input
      : unknown
    : FromJsonSchema<S>;

type FromJsonSchema<S> = S extends { const: infer Constant }
  ? Constant
  : S extends { enum: readonly (infer Entry)[] }
    ? Entry
    : S extends { anyOf: readonly (infer Other)[] } | { oneOf: readonly (infer Other)[] }
      ? FromJsonSchema<Other>
      : S extends { type: readonly (infer Type)[] }
        ? FromType<Type, S>
        : S extends { type: infer Type }
          ? FromType<Type, S>
          : unknown;

type FromType<Type, S> = Type extends "string"
  ? string
  : Type extends "number" | "integer"
    ? number
    : Type extends "boolean"
      ? boolean
      : Type extends "null"
        ? null
        : Type extends "array"
          ? S extends { items: infer Items }
            ? readonly FromJsonSchema<Items>[]
            : readonly unknown[]
          : Type extends "object"
            ? S extends { properties: infer Properties }
              ? FromProperties<Properties, RequiredOf<S>>
              : Readonly<Record<string, unknown>>
            : unknown;

type RequiredOf<S> = S extends { required: readonly (infer Name)[] } ? Name : never;

type FromProperties<Properties, Required> = Flat<
  {
    readonly [Name in keyof Properties as Name extends Required ? Name : never]: FromJsonSchema<
      Properties[Name]
    >;
  } & {
    readonly [Name in keyof Properties as Name extends Required ? never : Name]?: FromJsonSchema<
      Properties[Name]
    >;
  }
>;

type Flat<T> = { [Name in keyof T]: T[Name] };

/** The JSON Schema that goes into a document; none for what is only a type. */
export function jsonSchemaOf(schema: Schema): JsonObject | undefined {
  if (schema === NO_SCHEMA) return undefined;
  if (!("~standard" in schema)) return schema as JsonObject;
  const { "~standard": standard } = schema as Standard;
  // Every schema of a document is one of 2020-12: saying it again would only make documents longer.
  const { $schema: _dialect, ...rest } = standard.jsonSchema.input({ target: "draft-2020-12" });
  return rest as JsonObject;
}
