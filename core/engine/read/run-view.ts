import { instantText } from "../../kernel/duration.ts";
import type { Event } from "../../kernel/event.ts";
import { hasEnded, type Run } from "../../kernel/run.ts";
import { waitingOn } from "../../kernel/waiting-on.ts";
import type { Item } from "../../ports/table.ts";
import type { Commit } from "../../store/commit.ts";
import type { Actor, RunSummary, RunView, StepView, WaitingOn } from "../views.ts";
import { stepViews } from "./step-view.ts";

/** How many steps a run shows; `/steps` pages all of them. */
export const STEPS_SHOWN = 100;

/** Everything about a run in one answer. `commits` are its newest, oldest first. */
export function runView(run: Run, commits: readonly Commit[]): RunView {
  const ended = hasEnded(run);
  return {
    id: run.id,
    status: run.status,
    workflow: run.workflow.name,
    version: run.workflow.version,
    hash: run.workflow.hash,
    input: run.input,
    output: run.output ?? null,
    error: run.error ?? null,
    ...(run.undoing && { phase: "compensating" as const }),
    vars: run.vars,
    waitingOn: ended ? [] : (waitingOn(run) as unknown as readonly WaitingOn[]),
    steps: closed(stepViews(commits, run), run).slice(-STEPS_SHOWN),
    cost: run.cost,
    usage: run.usage,
    tags: run.tags,
    actor: run.actor ?? null,
    parent: run.parent ?? null,
    forkedFrom: forkedFrom(run),
    deadline: run.deadline === undefined ? null : instantText(run.deadline),
    createdAt: instantText(run.createdAt),
    updatedAt: instantText(run.at),
    endedAt: run.endedAt === undefined ? null : instantText(run.endedAt),
    seq: run.seq,
  };
}

function forkedFrom({ forkedFrom: from }: Run): RunView["forkedFrom"] {
  return from ? { run: from.run, seq: from.seq } : null;
}

/** A step whose token the log ended without a word of its own (a merged path) is not running. */
function closed(steps: readonly StepView[], run: Run): readonly StepView[] {
  if (!hasEnded(run)) return steps;
  const open = new Set(["pending", "running", "waiting", "retrying"]);
  return steps.map((step) =>
    open.has(step.status)
      ? { ...step, status: "cancelled" as const, endedAt: step.endedAt ?? instantText(run.at) }
      : step,
  );
}

/** The commit that was just made, without reading it back. */
export function commitMade(run: Run, events: readonly Event[], at: number, actor: Actor): Commit {
  return {
    seq: run.seq - events.length + 1,
    at,
    actor,
    types: events.map((event) => event.type),
    events,
    item: { pk: "", sk: "" },
  };
}

export function runSummary(row: Item): RunSummary {
  const text = (name: string) => (row[name] === undefined ? null : String(row[name]));
  const ended = row["endedAt"];
  return {
    id: String(row["run"]),
    status: String(row["status"]) as RunSummary["status"],
    workflow: String(row["workflow"]),
    version: Number(row["version"]),
    tags: JSON.parse(text("tags") ?? "{}") as Record<string, string>,
    parent: text("parent"),
    createdAt: instantText(Number(row["createdAt"])),
    updatedAt: instantText(Number(row["updatedAt"])),
    endedAt: ended === undefined ? null : instantText(Number(ended)),
    waitingOn: JSON.parse(text("waitingOn") ?? "[]") as readonly WaitingOn[],
  };
}
