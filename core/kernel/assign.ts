import { type Draft, scopeOf } from "./draft.ts";
import { ExpressionError } from "./expression-limits.ts";
import type { Json, JsonObject } from "./json.ts";
import { keep, newRoom } from "./large-values.ts";
import type { Run, RunError, Token } from "./run.ts";
import { SIZES } from "./sizes.ts";
import { evaluateTemplate } from "./template.ts";
import type { Node } from "./workflow.ts";

/** What a step that succeeded sets, or the error that it meets instead. */
export async function assigned(
  draft: Draft,
  node: Node,
  token: Token,
  output: Json,
  run: Run = draft.run,
): Promise<{ vars: JsonObject | undefined } | { code: string; error: RunError }> {
  if (node.assign.length === 0) return { vars: undefined };
  const scope = { ...scopeOf(draft, run, token, { output }), passesOn: true };
  const vars: [string, Json][] = [];
  const room = newRoom();
  for (const [name, template] of node.assign) {
    try {
      const value = keep(draft, (await evaluateTemplate(template, scope)) ?? null, room);
      if (value === undefined) {
        const message = `assign.${name} of ${node.id} is larger than ${SIZES.valueMax} bytes`;
        const code = "OUTPUT_TOO_LARGE";
        return { code, error: { code, message, node: node.id } };
      }
      vars.push([name, value]);
    } catch (cause) {
      if (!(cause instanceof ExpressionError)) throw cause;
      const message = `assign.${name} of ${node.id}: ${cause.message}`;
      return { code: cause.code, error: { code: cause.code, message, node: node.id } };
    }
  }
  return { vars: Object.fromEntries(vars) };
}
