import { advance } from "../advance.ts";
import type { CommandOf } from "../command.ts";
import { type Draft, emit, scopeOf } from "../draft.ts";
import { failRun } from "../end-run.ts";
import { ExpressionError } from "../expression-limits.ts";
import type { Json, JsonObject } from "../json.ts";
import { keep, keepBounded, newRoom } from "../large-values.ts";
import type { Run, RunError } from "../run.ts";
import { SIZES } from "../sizes.ts";
import { evaluateTemplate } from "../template.ts";
import { forkRun } from "./fork-run.ts";

/** A run begins: its first token stands at the start, and goes as far as it can without effects. */
export async function createRun(draft: Draft, command: CommandOf<"run.create">): Promise<void> {
  if (command.fork) return forkRun(draft, command, command.fork);
  const { workflow } = draft.context;
  const { type: _type, deadline, ...given } = command;
  const limit = workflow.limits.deadlineMs;
  const latest = limit === undefined ? deadline : Math.min(draft.at + limit, deadline ?? Infinity);
  const { name, version, hash } = workflow;
  const { tags } = command;
  const pinned = { name, version, hash };
  const input = keepBounded(draft, command.input);
  const base = { ...draft.run, input, tags, workflow: pinned, createdAt: draft.at };
  const { vars, fault } = await firstVars(draft, base);
  emit(draft, {
    type: "run.created",
    ...given,
    input,
    workflow: pinned,
    vars,
    start: workflow.start,
    ...(latest !== undefined && { deadline: latest }),
  });
  if (fault) return failRun(draft, fault);
  if (command.hold) return undefined;
  await advance(draft, undefined);
}

/** The variables as a run begins, as far as they can be told. */
export async function firstVars(
  draft: Draft,
  base: Run,
): Promise<Readonly<{ vars: JsonObject; fault: RunError | undefined }>> {
  const vars: [string, Json][] = [];
  let fault: { code: string; message: string } | undefined;
  const room = newRoom();
  for (const [variable, template] of draft.context.workflow.vars) {
    try {
      const seen = { ...base, vars: Object.fromEntries(vars) };
      const value = await evaluateTemplate(template, scopeOf(draft, seen, undefined));
      const kept = keep(draft, value ?? null, room);
      if (kept === undefined) {
        const message = `${variable} is larger than ${SIZES.valueMax} bytes`;
        fault = { code: "OUTPUT_TOO_LARGE", message };
        break;
      }
      vars.push([variable, kept]);
    } catch (cause) {
      if (!(cause instanceof ExpressionError)) throw cause;
      fault ??= cause;
    }
  }
  const told = fault && { code: fault.code, message: `vars: ${fault.message}` };
  return { vars: Object.fromEntries(vars), fault: told };
}
