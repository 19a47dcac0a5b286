import type { Json } from "../core/kernel/json.ts";
import { compileTemplate, evaluateTemplate, type Template } from "../core/kernel/template.ts";
import type { Clock } from "../core/ports/clock.ts";

const COMPILED_MAX = 1_000;

/** Evaluates templates that stand in configuration, with `$with` bound; parsed once each. */
export function templateEvaluator(clock: Clock) {
  const compiled = new Map<string, Template>();
  return async (template: Json, bindings: { with: Json }): Promise<Json> => {
    if (typeof template === "string" && !template.includes("{%")) return template;
    const source = JSON.stringify(template);
    let parsed = compiled.get(source);
    if (!parsed) {
      const faults: { path: string; message: string }[] = [];
      parsed = compileTemplate(template, "", faults);
      if (faults[0]) throw new Error(faults[0].message);
      if (compiled.size >= COMPILED_MAX) compiled.clear();
      compiled.set(source, parsed);
    }
    const scope = { roots: bindings, step: () => undefined, nodes: [], now: clock.now() };
    return (await evaluateTemplate(parsed, scope)) ?? null;
  };
}
