import * as z from "zod";

/** Any JSON value. The wire hands it on as it came: whoever owns it checks it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const AnyJson = z.unknown().meta({
  id: "Json",
  description: "Any JSON value.",
}) as z.ZodType<Json>;

/** Passed on by reference, so that no key is lost or given a meaning, `__proto__` included. */
export const AnyObject = z.unknown().refine(isPlainObject, "expected an object").meta({
  id: "JsonObject",
  description: "Any JSON object.",
  type: "object",
}) as z.ZodType<JsonObject>;

export const Timestamp = z
  .string()
  .max(32)
  .meta({
    id: "Timestamp",
    description: "RFC 3339 in UTC with milliseconds.",
    format: "date-time",
    examples: ["2026-11-21T09:30:00.000Z"],
  });

/** What no control character may be in: names, titles and words that people read. */
// oxlint-disable-next-line no-control-regex -- `\p{Cc}` is no pattern for validators elsewhere.
export const NO_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** The alphabet of every id in a path or a body. Whatever has another character does not exist. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}$/;

export function idOf(what: string, example: string) {
  return z
    .string()
    .max(128)
    .regex(ID)
    .meta({ description: what, examples: [example] });
}

export function line(lengthMax: number, description: string) {
  return z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(NO_CONTROL)
    .refine(isWellFormed, "expected whole characters, not halves of surrogate pairs")
    .meta({ description });
}

export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

export function prose(lengthMax: number, description: string) {
  return z.string().max(lengthMax).meta({ description });
}

export function whole(min: number, max: number, description: string) {
  const format = max > 2_147_483_647 ? "int64" : "int32";
  return z.int().min(min).max(max).meta({ description, format });
}

/** Counts that only grow; the bound is that of exact integers in JSON. */
export function count(description: string) {
  return whole(0, Number.MAX_SAFE_INTEGER, description);
}

export const Cursor = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9_-]*$/)
  .meta({ description: "Opaque: hand back `nextCursor` of the page before.", examples: ["djE"] });

export const PAGE_MAX = 200;

/** A whole number in a query, where it comes as text: digits and nothing else. */
export function digits<Schema extends z.ZodType<number, number>>(schema: Schema) {
  return z.preprocess(
    (text) => (typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : text),
    schema,
  );
}

export const PageLimit = digits(whole(1, PAGE_MAX, "How many to show, 1 to 200."))
  .default(50)
  .meta({ description: "How many to show, 1 to 200; 50 if not said." });

/** What every list takes in its query. */
export const paging = { limit: PageLimit, cursor: Cursor.optional() };

export function listOf<Item extends z.ZodType>(id: string, item: Item, example: JsonObject) {
  return z
    .strictObject({
      data: z.array(item).max(PAGE_MAX),
      nextCursor: z
        .string()
        .max(4096)
        .nullable()
        .meta({ description: "The `cursor` of the next page; null on the last one." }),
    })
    .meta({
      id,
      description: "One page, newest first unless said.",
      examples: [{ data: [example], nextCursor: null }],
    });
}

export function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
