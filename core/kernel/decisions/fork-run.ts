import { advance } from "../advance.ts";
import type { CommandOf, Fork } from "../command.ts";
import { type Draft, emit } from "../draft.ts";
import { keepBounded, keepEach } from "../large-values.ts";
import { park } from "../nodes/wait.ts";
import { tokensOf } from "../run.ts";

/**
 * A run begins where another one stood. Waits for a time or an event are open again, until when
 * they were; whatever else was under way begins again, as the same visit.
 */
export async function forkRun(
  draft: Draft,
  command: CommandOf<"run.create">,
  { from, state, vars = {} }: Fork,
): Promise<void> {
  const { workflow } = draft.context;
  const { type: _type, fork: _fork, ...given } = command;
  const { name, version, hash } = workflow;
  const input = keepBounded(draft, command.input);
  const patch = keepEach(draft, vars);
  if (!patch) throw new Error(`variables for run ${draft.run.id} are larger than may be`);
  emit(draft, {
    type: "run.created",
    ...given,
    input,
    workflow: { name, version, hash },
    vars: state.vars,
    start: workflow.start,
  });
  emit(draft, {
    type: "run.forked",
    from,
    state,
    ...(Object.keys(patch).length > 0 && { vars: patch }),
  });
  for (const { id } of tokensOf(draft.run)) {
    const token = draft.run.tokens[id];
    if (token?.status !== "waiting" || !token.wait) continue;
    draft.rows++;
    park(draft, token, token.wait, token.dueAt);
  }
  await advance(draft, undefined);
}
