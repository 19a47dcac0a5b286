import { FUNCTION_NAMES, type FunctionName } from "../../lambdas/env.ts";
import { type Document, ofType } from "./synthesized.ts";

/** Which function of `lambdas/` each one is, by the construct that made it. */
export function functionNames(document: Document): ReadonlyMap<string, FunctionName> {
  const found = ofType(document, "AWS::Lambda::Function").flatMap(([id]) => {
    const name = FUNCTION_NAMES.filter((one) => id.startsWith(`Holdfast${pascal(one)}`)).toSorted(
      (a, b) => b.length - a.length,
    )[0];
    return name === undefined ? [] : [[id, name] as const];
  });
  return new Map(found);
}

function pascal(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
