import type { Check } from "../../kernel/check.ts";
import type { Json } from "../../kernel/json.ts";
import type { NeededTool } from "../imported.ts";
import { template } from "../jsonata-text.ts";
import { DATA } from "./condition.ts";
import type { Field, ProcessNode } from "./read-process.ts";

/** Where a task is translated: what it may ask for, and where its faults are told. */
export type Place = Readonly<{
  node: ProcessNode;
  check: Check;
  tools: Readonly<Record<string, string>>;
  /** A tool that is not there yet, and has to be before the workflow can be published. */
  need(tool: NeededTool): void;
}>;

/** The data with more in it, as the value of a variable. */
export function merged(more: string): Readonly<Record<string, string>> {
  return { processData: template(`$merge([${DATA}, ${more}])`) };
}

export function fieldOf({ node }: Place, ...names: readonly string[]): Field | undefined {
  for (const name of names) {
    const field = node.fields.get(name);
    if (field !== undefined && field.value !== null) return field;
  }
  return undefined;
}

export function textIn(place: Place, ...names: readonly string[]): string | undefined {
  const field = fieldOf(place, ...names);
  if (field === undefined || typeof field.value === "string") return field?.value as string;
  refuse(place, field.path, "INVALID_TYPE", "must be a text");
  return undefined;
}

export function numberIn(
  place: Place,
  name: string,
  [from, to]: readonly [number, number],
): number | undefined {
  const field = fieldOf(place, name);
  if (field === undefined) return undefined;
  const { value, path } = field;
  if (typeof value === "number" && value >= from && value <= to) return value;
  refuse(place, path, "INVALID_VALUE", `must be a number from ${from} to ${to}`);
  return undefined;
}

/** `timeout` in milliseconds, as a duration of ours. */
export function millisecondsText(value: Json): string | undefined {
  if (typeof value !== "number" || !(value > 0) || value > 31_536_000_000) return undefined;
  return `PT${Math.ceil(value) / 1000}S`;
}

export function refuse({ check }: Place, path: string, code: string, message: string): void {
  check.error(path, code, message);
}

export function warn({ check }: Place, path: string, code: string, message: string): void {
  check.warn(path, code, message);
}
