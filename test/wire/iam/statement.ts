import type { Json, JsonObject } from "../../../core/kernel/json.ts";

/** One statement of a role's policy, as evaluation wants it. */
export type Statement = Readonly<{
  effect: "Allow" | "Deny";
  actions: readonly string[];
  resources: readonly string[];
  conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}>;

/** What somebody wants to do: one action on one resource, and what is known about it. */
export type Wish = Readonly<{
  action: string;
  resource: string;
  /** Another name of the same resource: a grant on either will do. */
  alias?: string;
  /** Values of condition keys, each a list; a key that is not here is not present. */
  context: Readonly<Record<string, readonly string[]>>;
}>;

const PARTS = new Set(["Sid", "Effect", "Action", "Resource", "Condition"]);

/** Fails on whatever a statement may hold that evaluation would pass over. */
export function statementOf(raw: JsonObject): Statement {
  const strange = Object.keys(raw).filter((name) => !PARTS.has(name));
  if (strange.length > 0) throw new Error(`a statement with ${strange.join(", ")}`);
  const effect = raw["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new Error("a statement without effect");
  const conditions = Object.entries((raw["Condition"] ?? {}) as Record<string, JsonObject>);
  return {
    effect,
    actions: list(raw["Action"]),
    resources: list(raw["Resource"]),
    conditions: Object.fromEntries(
      conditions.map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, list(value)])),
      ]),
    ),
  };
}

function list(value: Json | undefined): readonly string[] {
  if (value === undefined) throw new Error("a statement without action or resource");
  return (Array.isArray(value) ? (value as readonly Json[]) : [value]).map(String);
}
