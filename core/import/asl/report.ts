import type { Problem } from "../../kernel/problem.ts";

const PROBLEMS_MAX = 1_000;

/** Collects what cannot be imported, and what its author should look at. */
export type Report = Readonly<{
  refused: readonly Problem[];
  warnings: readonly Problem[];
  refuse(path: string, code: RefusedCode, message: string): void;
  warn(path: string, code: string, message: string): void;
}>;

/**
 * INVALID: AWS would not take it either. NOT_SUPPORTED: it has no counterpart here.
 * UNKNOWN_RESOURCE: no tool is named for what a task calls. REQUIRED: something is not there.
 */
export type RefusedCode = "INVALID" | "NOT_SUPPORTED" | "UNKNOWN_RESOURCE" | "REQUIRED" | "LIMIT";

export function newReport(): Report {
  const refused: Problem[] = [];
  const warnings: Problem[] = [];
  return { refused, warnings, refuse: teller(refused), warn: teller(warnings) };
}

function teller(to: Problem[]): (path: string, code: string, message: string) => void {
  return (path, code, message) => {
    if (to.length < PROBLEMS_MAX) to.push({ path: path.slice(0, 1_000), code, message });
  };
}
