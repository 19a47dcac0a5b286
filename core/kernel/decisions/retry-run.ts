import { advance } from "../advance.ts";
import type { CommandOf } from "../command.ts";
import { type Draft, emit } from "../draft.ts";
import { failRun } from "../end-run.ts";
import type { RunResumed } from "../event.ts";
import { evolve } from "../evolve.ts";
import { localName, type MapState } from "../frames.ts";
import { goOn } from "../item-ends.ts";
import { own } from "../json.ts";
import { askAbout } from "../nodes/doubt.ts";
import { isAtMostOnce, mayRepeatUnknown } from "../nodes/effect.ts";
import { park } from "../nodes/wait.ts";
import { type Run, type RunError, stepOf, type Token, tokensOf } from "../run.ts";
import { doubtOf } from "../wait.ts";
import type { Refused } from "./answer-waits.ts";
import { firstVars } from "./create-run.ts";

/**
 * A failed run goes on from where it failed. What had finished stays as it is; the step that failed
 * has all its attempts again, under the key of its visit; what its failure cancelled goes on too.
 */
export async function retryRun(
  draft: Draft,
  { node, units }: CommandOf<"run.retry">,
): Promise<Refused | undefined> {
  const { run } = draft;
  if (run.status !== "failed") return { reason: "run_not_failed" };
  if (!run.halted) return { reason: "run_undone" };
  if (node !== undefined && !stoppedAt(run).includes(node)) {
    return { reason: "failed_elsewhere", data: { node: run.error?.node ?? null } };
  }
  const event: RunResumed = {
    type: "run.resumed",
    reason: "retry",
    ...(node !== undefined && { node }),
    ...(units && { units }),
    ...deadlineAnew(run, draft.at),
  };
  const { more, error } = await mended(draft, run, evolve(run, event, draft.at));
  emit(draft, { ...event, ...more });
  if (error) {
    failRun(draft, error);
    return undefined;
  }
  for (const { id } of tokensOf(draft.run)) {
    await reopen(draft, id, run.halted.tokens[id] ?? keptToken(run.halted.maps, id));
  }
  await advance(draft, undefined);
  return undefined;
}

/** The nodes at which its failure stopped something, the failed one included. */
function stoppedAt({ halted, error }: Run): readonly (string | undefined)[] {
  const tokens = [
    ...Object.values(halted?.tokens ?? {}),
    ...Object.values(halted?.maps ?? {}).flatMap(tokensKeptIn),
  ];
  return [error?.node, ...tokens.flatMap(({ node }) => [node, localName(node)])];
}

function tokensKeptIn({ kept }: MapState): readonly Token[] {
  if (!kept) return [];
  return [...Object.values(kept.tokens), ...Object.values(kept.maps).flatMap(tokensKeptIn)];
}

function keptToken(maps: Run["maps"], id: number): Token | undefined {
  return Object.values(maps ?? {})
    .flatMap(tokensKeptIn)
    .find((token) => token.id === id);
}

/** A deadline that has passed would end the run at once: it has as long as it had at first. */
function deadlineAnew({ deadline, createdAt }: Run, at: number): { deadline?: number } {
  if (deadline === undefined || deadline > at) return {};
  return { deadline: at + (deadline - createdAt) };
}

/**
 * What could not be told when the run failed, told again: its first variables, or which items of
 * the map that failed go on. `next` is the run as it would go on without.
 */
async function mended(
  draft: Draft,
  run: Run,
  next: Run,
): Promise<{ more?: Partial<RunResumed>; error?: RunError }> {
  if (Object.keys(run.visits).length === 0) {
    const { vars, fault } = await firstVars(draft, { ...next, vars: {} });
    return { more: { vars }, ...(fault && { error: fault }) };
  }
  const stopped = Object.values(run.halted?.tokens ?? {}).find((token) => token.stopped);
  const here = stopped && next.tokens[stopped.id];
  const map = here && own(next.maps, stepOf(here));
  if (!map) return {};
  return { more: { moves: goOn(draft.context.workflow, next, stepOf(here), map) } };
}

/**
 * A wait that was cancelled waits again, until when it did, and a question about a call is asked
 * anew. A job that may be done once only may
 * have been done: nobody knows.
 */
async function reopen(draft: Draft, id: number, before: Token | undefined): Promise<void> {
  const token = draft.run.tokens[id];
  if (!token) return;
  if (token.status === "waiting" && token.wait) {
    draft.rows++;
    return park(draft, token, token.wait, token.dueAt);
  }
  const doubt = before && !before.stopped ? doubtOf(before) : undefined;
  if (doubt) return askAbout(draft, token, doubt);
  const wasTaken = before?.wait?.kind === "job" && !before.stopped;
  if (wasTaken && isAtMostOnce(draft, token)) await mayRepeatUnknown(draft, token);
}
