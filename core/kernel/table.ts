import { isObject, type Json, type JsonObject } from "./json.ts";

export const HIT_POLICIES = [
  "unique",
  "first",
  "priority",
  "any",
  "collect",
  "rule order",
  "output order",
] as const;
export type HitPolicy = (typeof HIT_POLICIES)[number];

export const AGGREGATES = ["sum", "min", "max", "count"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** A table's cells as texts: one test per input, one value per output, by rule. */
export type Cells = Readonly<{
  inputs: readonly string[];
  rules: readonly Readonly<{
    when: readonly string[];
    values: readonly (Readonly<{ value: Json }> | Readonly<{ feel: string }>)[];
  }>[];
  /** No rule after the first that matches is looked at. */
  firstOnly: boolean;
}>;

/** A decision table that was validated. */
export type Table = Readonly<{
  hitPolicy: HitPolicy;
  aggregate: Aggregate | undefined;
  outputs: readonly string[];
  /** Of each output, its values by priority, highest first. */
  priorities: readonly (readonly Json[])[];
  annotations: readonly (string | undefined)[];
  cells: Cells;
}>;

/** `RULE_ORDER`, `ruleOrder` and `rule order` are one policy. */
export function hitPolicyOf(value: Json | undefined): HitPolicy | undefined {
  if (value === undefined) return "unique";
  if (typeof value !== "string") return undefined;
  const words = value.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll(/[\s_-]+/g, " ");
  const name = words.trim().toLowerCase();
  return HIT_POLICIES.find((policy) => policy === name);
}

export function tableOf(document: JsonObject): Table {
  const hitPolicy = hitPolicyOf(document["hitPolicy"]) ?? "unique";
  const outputs = listOf(document["outputs"]);
  const rules = listOf(document["rules"]).filter(isObject);
  return {
    hitPolicy,
    aggregate: AGGREGATES.find((one) => one === document["aggregate"]),
    outputs: outputs.map((output) => nameOf(output)),
    priorities: outputs.map((output) => (isObject(output) ? listOf(output["values"]) : [])),
    annotations: rules.map(({ annotation }) =>
      typeof annotation === "string" ? annotation : undefined,
    ),
    cells: {
      inputs: listOf(document["inputs"]).map(nameOf),
      firstOnly: hitPolicy === "first",
      rules: rules.map((rule) => ({
        when: listOf(rule["when"]).map(textOf),
        values: listOf(rule["then"]).map(cellOf),
      })),
    },
  };
}

/** A literal value, or `{"feel": "…"}` and nothing beside it. */
export function cellOf(cell: Json): { value: Json } | { feel: string } {
  if (!isObject(cell) || Object.keys(cell).length !== 1) return { value: cell };
  const { feel } = cell;
  return typeof feel === "string" ? { feel } : { value: cell };
}

function nameOf(column: Json): string {
  return textOf(isObject(column) ? (column["name"] ?? null) : column);
}

/** A test may be written as the number or the truth that it is. */
function textOf(cell: Json): string {
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
