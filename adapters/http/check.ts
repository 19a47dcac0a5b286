import type * as z from "zod";
import type { Problem } from "../../core/engine/refusal.ts";
import { type Checked, refused } from "./problem.ts";

/** As many faults as are worth reading; a hostile body could have one per key. */
const ERRORS_MAX = 100;

/** The value as its schema reads it, or `INVALID_REQUEST` with every fault. */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): Checked<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.flatMap(problemsOf).slice(0, ERRORS_MAX);
  const first = errors[0];
  const where = first?.path ? ` \`${first.path}\`:` : "";
  return refused("INVALID_REQUEST", `The ${what} has a fault.${where} ${first?.message}`, {
    errors,
  });
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, ERRORS_MAX).map((key) => ({
      path: pathOf([...issue.path, key]),
      code: "UNKNOWN_FIELD",
      message: "there is no such field",
    }));
  }
  return [{ path: pathOf(issue.path), code: codeOf(issue), message: issue.message }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    return issue.message.endsWith("received undefined") ? "REQUIRED" : "INVALID_TYPE";
  }
  return issue.code === "custom" ? "INVALID_VALUE" : issue.code.toUpperCase();
}

const NAME_LENGTH_MAX = 128;

/** `nodes[2].with.amount`; names that are not plain words are quoted, and long ones cut. */
export function pathOf(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][A-Za-z0-9_$-]{0,127}$/.test(String(part))) {
      text += `${text && "."}${String(part)}`;
    } else text += `[${JSON.stringify(String(part).slice(0, NAME_LENGTH_MAX))}]`;
  }
  return text;
}
