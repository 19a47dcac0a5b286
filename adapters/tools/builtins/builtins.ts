import type { Builtin } from "./builtin.ts";
import { extractEntities } from "./extract-entities.ts";
import { echo, fail, pad, sleep } from "./small-builtins.ts";
import { summarize } from "./summarize.ts";

/** The tools that every tenant has without registering them. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  ["echo", echo],
  ["extract_entities", extractEntities],
  ["fail", fail],
  ["pad", pad],
  ["sleep", sleep],
  ["summarize", summarize],
]);
