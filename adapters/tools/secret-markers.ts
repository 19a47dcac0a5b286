import { randomUUID } from "node:crypto";
import { isObject, type Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";

/** Replacing a shorter value in an answer would damage more than it hides. */
const HIDDEN_LENGTH_MIN = 6;

/** The same for a name in every call, so that templates need to be parsed only once. */
const UNGUESSABLE = randomUUID();

export type OpenedConfig = Readonly<{
  /** The configuration with a stand-in for each secret: safe to hand to the templates. */
  config: Json;
  /** Puts the values in, after the templates. */
  fill(evaluated: Json): Json;
  /** The same without the values, should the other side have repeated them. */
  hide(answer: Json): Json;
  hideInText(text: string): string;
}>;

/** The name in `{"$secret": "name"}`, when the value is exactly that. */
export function secretName(value: Json): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const name = value["$secret"];
  return typeof name === "string" ? name : undefined;
}

/**
 * Reads every secret that a stored configuration names.
 *
 * A template must neither see a value nor be able to ask for one, and a value must not be read as
 * a template. So templates work on stand-ins, which nobody can guess, and only these are filled.
 */
export async function openSecrets(
  config: Json,
  read: (name: string) => Promise<string | undefined>,
): Promise<OpenedConfig> {
  const standIns = new Map<string, string>();
  const marked = withStandIns(config, (name) => {
    const standIn = `secret-${UNGUESSABLE}-${name}`;
    standIns.set(name, standIn);
    return standIn;
  });
  const values = new Map<string, string>();
  for (const [name, standIn] of standIns) {
    const value = await read(name);
    if (value === undefined) {
      const message = `There is no secret named ${name}; put it at /v1/secrets/${name}.`;
      throw new CallFailure("SECRET_NOT_FOUND", message, { retryable: false });
    }
    values.set(standIn, value);
  }
  const forms = [...standIns].flatMap(([name, standIn]) =>
    formsOf(values.get(standIn) ?? "").map((form) => [form, `[secret ${name}]`] as const),
  );
  // The longest first, so that no part of a value survives the replacement of another.
  const longestFirst = forms.toSorted(([a], [b]) => b.length - a.length);
  const hideInText = (text: string) =>
    longestFirst.reduce((rest, [form, name]) => rest.replaceAll(form, () => name), text);
  return {
    config: marked,
    fill: (evaluated) => mapTexts(evaluated, (text) => values.get(text) ?? text),
    hide: (answer) => (forms.length === 0 ? answer : mapTexts(answer, hideInText)),
    hideInText,
  };
}

function withStandIns(value: Json, standIn: (name: string) => string): Json {
  const name = secretName(value);
  if (name !== undefined) return standIn(name);
  if (Array.isArray(value)) return value.map((item: Json) => withStandIns(item, standIn));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withStandIns(item, standIn)]),
  );
}

/** Every text changed, names of members too. */
function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}

/** A value as it may come back: whole, without its scheme, escaped, encoded. */
function formsOf(value: string): string[] {
  const parts = [value, ...value.split(/\s+/)].filter((part) => part.length >= HIDDEN_LENGTH_MIN);
  return parts.flatMap((part) => [
    ...new Set([
      part,
      JSON.stringify(part).slice(1, -1),
      encodeURIComponent(part.toWellFormed()),
      Buffer.from(part).toString("base64"),
    ]),
  ]);
}
