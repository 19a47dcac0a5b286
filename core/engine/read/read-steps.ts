import type { RunKey } from "../../ports/queue.ts";
import type { Commit } from "../../store/commit.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import type { EngineDeps } from "../deps.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Listing, Paging, StepView } from "../views.ts";
import { stepViews } from "./step-view.ts";

type Filter = Parameters<Engine["runs"]["steps"]>[2];

const PAGE = 200;
/** A page ends here even if it is not full: a run may have a hundred thousand steps. */
const COMMITS_MAX = 3_000;

/** All steps of a run, as they began. The cursor is the event with which the last one did. */
export async function readSteps(
  deps: EngineDeps,
  key: RunKey,
  filter: Filter,
  { limit, cursor }: Paging,
): Promise<Result<Listing<StepView>>> {
  const at = readCursor("steps", cursor);
  const after = at === undefined ? 0 : Number(at);
  if (at === false || !Number.isSafeInteger(after) || after < 0) {
    return refuse("INVALID_REQUEST", "the cursor is not one of this list");
  }
  const { run } = await deps.log.load(key);
  if (run.seq === 0) return refuse("NOT_FOUND", `there is no run ${key.runId}`);
  const commits: Commit[] = [];
  for (let more = true, from = after; more && commits.length < COMMITS_MAX; ) {
    const page = await deps.log.read(key, from, PAGE);
    commits.push(...page.commits);
    const last = page.commits.at(-1);
    more = page.more && last !== undefined && !isTold(commits, after, filter, limit);
    from = last ? last.seq + last.types.length - 1 : from;
  }
  const begun = starts(commits, after);
  const views = new Map(stepViews(commits, run).map((step) => [step.id, step]));
  const data: StepView[] = [];
  let seen = after;
  for (const { step, seq } of begun) {
    const view = views.get(step);
    if (!view || !isWanted(view, filter)) continue;
    if (data.length === limit) return ok({ data, nextCursor: cursorOf("steps", String(seen)) });
    data.push(view);
    seen = seq;
  }
  const last = commits.at(-1);
  const end = last ? last.seq + last.types.length - 1 : after;
  const next = end < run.seq ? String(seen === after ? end : seen) : null;
  return ok({ data, nextCursor: cursorOf("steps", next) });
}

/**
 * Whether the rest of the log can add nothing to a full page: one more step has begun, and those
 * that are shown are over. One that failed may yet be retried, so it is not.
 */
function isTold(commits: readonly Commit[], after: number, filter: Filter, limit: number): boolean {
  if (filter.node !== undefined || filter.status !== undefined) return false;
  const begun = starts(commits, after);
  if (begun.length <= limit) return false;
  const over = new Set<string>();
  for (const event of commits.flatMap(({ events }) => events ?? [])) {
    if (OVER.has(event.type) && "step" in event && event.step) over.add(event.step);
  }
  return begun.slice(0, limit).every(({ step }) => over.has(step));
}

const OVER: ReadonlySet<string> = new Set(["step.succeeded", "step.skipped", "step.cancelled"]);

/** The first start of each step, after the cursor. */
function starts(commits: readonly Commit[], after: number) {
  const seen = new Set<string>();
  const begun: { step: string; seq: number }[] = [];
  for (const { seq, events } of commits) {
    for (const [index, event] of (events ?? []).entries()) {
      if (event.type !== "step.started" && event.type !== "step.failed") continue;
      if (seen.has(event.step)) continue;
      seen.add(event.step);
      const first = event.type === "step.failed" || event.attempt === 1;
      if (seq + index > after && first) begun.push({ step: event.step, seq: seq + index });
    }
  }
  return begun;
}

function isWanted(step: StepView, { node, status }: Filter): boolean {
  return (
    (node === undefined || step.node === node) && (status === undefined || step.status === status)
  );
}
