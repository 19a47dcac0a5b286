import { checkLength, ExpressionError } from "./expression-limits.ts";

type BuiltIn = { implementation: (...values: unknown[]) => unknown; _jsonata_function: true };

/** Looks up one of JSONata's own functions by its name. */
export type BuiltInOf = (name: string) => Promise<unknown>;

/** Built-ins whose work grows with the length of a string, by name. */
const BY_LENGTH =
  "length substring substringBefore substringAfter lowercase uppercase trim match contains " +
  "replace split join base64encode base64decode encodeUrlComponent encodeUrl " +
  "decodeUrlComponent decodeUrl number formatNumber toMillis parseInteger";

let replaced: Promise<Readonly<Record<string, unknown>>> | undefined;

/** JSONata's own functions behind a check of their arguments' sizes, and those we do without. */
export function replacements(builtInOf: BuiltInOf): Promise<Readonly<Record<string, unknown>>> {
  replaced ??= (async () => {
    const result: Record<string, unknown> = { pad, eval: refused, random: refused };
    result["shuffle"] = refused;
    for (const name of BY_LENGTH.split(" ")) {
      const builtIn = (await builtInOf(name)) as BuiltIn;
      result[name] = { ...builtIn, implementation: bounded(builtIn.implementation) };
    }
    return result;
  })();
  return replaced;
}

function bounded(implementation: BuiltIn["implementation"]): BuiltIn["implementation"] {
  return function (this: unknown, ...values: unknown[]): unknown {
    for (const value of values) if (typeof value === "string") checkLength(value.length);
    const list = values[0];
    if (Array.isArray(list)) {
      let total = 0;
      for (const entry of list) total += typeof entry === "string" ? entry.length : 0;
      checkLength(total);
    }
    return implementation.apply(this, values);
  };
}

function pad(text: unknown, width: unknown, filler?: unknown): string | undefined {
  if (typeof text !== "string" || typeof width !== "number") return undefined;
  checkLength(Math.abs(width));
  const fill = typeof filler === "string" && filler !== "" ? filler : " ";
  const length = Math.trunc(Math.abs(width));
  return width < 0 ? text.padStart(length, fill) : text.padEnd(length, fill);
}

function refused(): never {
  throw new ExpressionError("EXPRESSION_ERROR", "the function is not deterministic");
}
