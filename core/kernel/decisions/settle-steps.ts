import type { CommandOf, Outcome } from "../command.ts";
import { beginStep, type Draft, emit, isFull } from "../draft.ts";
import { localName } from "../frames.ts";
import type { Json } from "../json.ts";
import { keep } from "../large-values.ts";
import { openJob } from "../nodes/job.ts";
import { stepId } from "../run.ts";
import { settleReconciling } from "./settle-reconciling.ts";
import { settleStep } from "./settle-step.ts";

/**
 * Outcomes of effects. One of an attempt that is no longer current is recorded as ignored. What one
 * commit cannot hold is left to the next: the driver offers it until the log has it.
 */
export async function settleSteps(draft: Draft, command: CommandOf<"step.settle">): Promise<void> {
  for (const outcome of command.outcomes) {
    if (isFull(draft)) return;
    beginStep(draft);
    const token = draft.run.tokens[outcome.token];
    const isCurrent =
      token?.status === "running" &&
      token.node === outcome.node &&
      token.visit === outcome.visit &&
      token.attempt === outcome.attempt;
    if (!token || !isCurrent) ignore(draft, outcome);
    else if (token.reconciling) await settleReconciling(draft, token, outcome);
    else if (outcome.ok === "later") openJob(draft, token, { ref: outcome.ref });
    else await settleStep(draft, token, outcome);
  }
}

function ignore(draft: Draft, outcome: Outcome): void {
  const { token, node, visit, attempt, scope } = outcome;
  const step = stepId(node, visit, scope);
  emit(draft, {
    type: "tool.returned",
    step,
    node: localName(node),
    visit,
    token,
    attempt,
    ignored: true,
    ...(outcome.ok
      ? kept(draft, outcome.ok === "later" ? outcome.ref : outcome.output)
      : { error: { code: outcome.code, message: outcome.message } }),
  });
}

function kept(draft: Draft, output: Json): { output?: Json } {
  const value = keep(draft, output);
  return value === undefined ? {} : { output: value };
}
