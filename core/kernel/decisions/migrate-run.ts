import { advance } from "../advance.ts";
import type { CommandOf } from "../command.ts";
import { type Draft, emit } from "../draft.ts";
import { closeTask } from "../end-run.ts";
import type { EventOf } from "../event.ts";
import { evolve } from "../evolve.ts";
import { settleJoins } from "../join.ts";
import type { Json } from "../json.ts";
import { migrationOf } from "../migrate.ts";
import { hasEnded } from "../run.ts";
import type { Refused } from "./answer-waits.ts";

/**
 * The run goes on under another version of its workflow. What happened stays as it happened; what
 * comes next is decided by the new definition. A failed run is migrated too, and then retried.
 */
export async function migrateRun(
  draft: Draft,
  { map, reopen, reason }: CommandOf<"run.migrate">,
): Promise<Refused | undefined> {
  const { run, context } = draft;
  const { target, workflow } = context;
  if (!target) throw new Error(`nobody says what run ${run.id} is to be migrated to`);
  if (run.undoing || (hasEnded(run) && !run.halted)) return { reason: "run_undone" };
  const { name, version, hash } = target.workflow;
  const isThere = run.workflow.version === version && reopen.length === 0;
  if (isThere) return undefined;
  const found = migrationOf(run, workflow, target.workflow, { map, reopen });
  const { problems, anew, reopened } = found;
  if (problems.length > 0) {
    return { reason: "migration_blocked", data: { problems: problems as unknown as Json } };
  }
  for (const id of reopened) {
    const token = run.tokens[id];
    if (token) closeTask(draft, token);
  }
  const event: EventOf<"run.migrated"> = {
    type: "run.migrated",
    from: run.workflow,
    to: { name, version, hash },
    ...(Object.keys(map).length > 0 && { map }),
    ...(anew.length > 0 && { anew }),
    ...(reopened.length > 0 && { reopened }),
    ...(reason !== undefined && { reason }),
  };
  // From here on the new definition decides, in this commit already.
  draft.context = { ...context, ...target, target: undefined };
  const next = evolve(draft.run, event, draft.at);
  const scopes = [undefined, ...Object.keys(next.scopes ?? {})];
  const moves = hasEnded(run)
    ? []
    : scopes.flatMap((scope) => settleJoins(target.workflow, next, scope));
  emit(draft, { ...event, ...(moves.length > 0 && { moves }) });
  if (!hasEnded(draft.run)) await advance(draft, undefined);
  return undefined;
}
