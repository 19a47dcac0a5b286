import type { Driver } from "./command.ts";
import { expireChild } from "./decisions/end-children.ts";
import { expireJob } from "./decisions/settle-job.ts";
import { fail, failAtOnce, idsOf, leaveAgain, outputBefore } from "./depart.ts";
import { beginStep, type Draft, emit, isFull } from "./draft.ts";
import { failRun, finishRun } from "./end-run.ts";
import { frameOf, localName } from "./frames.ts";
import { heldToken } from "./hold.ts";
import { own } from "./json.ts";
import { keepAgenda } from "./nodes/agenda.ts";
import { visitApproval } from "./nodes/approval.ts";
import { startAgain, takeOver, visitEffect } from "./nodes/effect.ts";
import { visitForm } from "./nodes/form.ts";
import { isTaken } from "./nodes/job.ts";
import { leaveMap, visitMap } from "./nodes/map.ts";
import { visitEnd, visitSet } from "./nodes/pure.ts";
import { startReconciling } from "./nodes/reconcile.ts";
import { visitRules } from "./nodes/rules.ts";
import { visitScript } from "./nodes/script.ts";
import { startChildAgain, visitSubflow } from "./nodes/subflow.ts";
import { fire, visitWait } from "./nodes/wait.ts";
import { fireParts, visitSeveral } from "./nodes/wait-several.ts";
import { releaseDue } from "./release.ts";
import { hasEnded, isOwed, startName, stepOf, type Token, tokensOf } from "./run.ts";
import { isSuperseded } from "./superseded.ts";
import { waitingOn } from "./waiting-on.ts";
import type { Node } from "./workflow.ts";

/** How many steps one commit takes on; what is left over is done in the next. */
const STEPS_MAX = 50;

/**
 * Lets every token go on as far as one commit may: what the clock made due, then whatever is ready.
 *
 * Nodes without effects are decided here and now, whoever asks. Effects are started only for a
 * driver, because only a driver will call them.
 */
export async function advance(draft: Draft, by: Driver | undefined): Promise<void> {
  if (hasEnded(draft.run) || draft.run.status === "paused") return;
  const driver = by && isSuperseded(draft.run, by.mine) ? undefined : by;
  await fireDue(draft);
  releaseDue(draft);
  if (driver) await adopt(draft, driver);
  for (let steps = 0; steps < STEPS_MAX && !isFull(draft); steps++) {
    if (hasEnded(draft.run)) return;
    const token = nextReady(draft, driver);
    if (!token) break;
    beginStep(draft);
    await enter(draft, token);
  }
  await settleStatus(draft);
}

/** Deadline, waits that are over. A retry that is due is `nextReady`'s. */
async function fireDue(draft: Draft): Promise<void> {
  const { deadline } = draft.run;
  if (deadline !== undefined && deadline <= draft.at && !draft.run.undoing) {
    const message = "the run's deadline has passed";
    return failRun(draft, { code: "DEADLINE_EXCEEDED", message, retryable: false });
  }
  for (const { id } of tokensOf(draft.run)) {
    const token = draft.run.tokens[id];
    if (token?.status !== "waiting" || token.dueAt === undefined) continue;
    if (token.dueAt > draft.at || hasEnded(draft.run) || isFull(draft)) continue;
    beginStep(draft);
    await expire(draft, token, token.dueAt);
  }
}

async function expire(draft: Draft, token: Token, dueAt: number): Promise<void> {
  if (token.wait?.kind === "timer") return fire(draft, token, dueAt);
  if (token.wait?.kind === "several") return fireParts(draft, token);
  const { wait } = token;
  if (wait && "task" in wait) {
    await keepAgenda(draft, token);
    // It may be decided by now, or its time may not have come.
    const task = hasEnded(draft.run) ? undefined : own(draft.run.tasks, wait.task);
    if (!task || wait.until === undefined || wait.until > draft.at) return;
    const [next] = task.agenda ?? [];
    if (next && next.at <= wait.until) return;
    emit(draft, { type: "task.expired", ...idsOf(token), task: wait.task });
  }
  if (wait?.kind === "job") return expireJob(draft, token);
  if (wait?.kind === "child") return expireChild(draft, token);
  const message = `the wait of ${token.node} expired`;
  const error = { code: "TIMEOUT", message, retryable: false };
  return fail(draft, draft.run.tokens[token.id] ?? token, error, "timeout");
}

/** Takes over what another driver started and left: see rule 3. */
async function adopt(draft: Draft, driver: Driver): Promise<void> {
  for (const { id } of tokensOf(draft.run)) {
    const token = draft.run.tokens[id];
    if (token?.status !== "running" || hasEnded(draft.run)) continue;
    if (!driver.mine.has(startName(token))) await takeOver(draft, token);
  }
}

function nextReady(draft: Draft, driver: Driver | undefined): Token | undefined {
  let inFlight: number | undefined;
  for (const token of tokensOf(draft.run)) {
    const due = token.status === "retrying" && (token.dueAt ?? 0) <= draft.at;
    if (token.status !== "ready" && !due) continue;
    if (!isEffect(draft, token)) return token;
    if (!driver) continue;
    inFlight ??= tokensOf(draft.run).filter((other) => other.status === "running").length;
    if (inFlight < driver.effectsMax) return token;
  }
  return undefined;
}

function isEffect(draft: Draft, token: Token): boolean {
  if (token.unsatisfied || token.stuck) return false;
  if (token.reconciling) return true;
  const node = draft.context.workflow.nodes.get(token.node);
  return (
    (node?.type === "tool" && !isTaken(draft, node)) ||
    node?.type === "llm" ||
    node?.type === "notify" ||
    node?.type === "subflow"
  );
}

function enterAgain(draft: Draft, token: Token, { type }: Node): Promise<void> {
  return type === "subflow" ? startChildAgain(draft, token) : startAgain(draft, token);
}

async function enter(draft: Draft, token: Token): Promise<void> {
  const node = draft.context.workflow.nodes.get(token.node);
  if (!node) throw new Error(`workflow ${draft.run.workflow.name} has no node ${token.node}`);
  if (token.visit > 0 && own(draft.run.maps, stepOf(token))) return leaveMap(draft, token);
  const before = token.stuck && outputBefore(draft, token);
  if (before !== undefined) return leaveAgain(draft, token, before);
  if (token.reconciling) return startReconciling(draft, token);
  if (token.visit > 0 && token.input !== undefined) return enterAgain(draft, token, node);
  const visits = own(frameOf(draft.run, token.scope).visits, localName(node.id)) ?? 0;
  if (token.unsatisfied) {
    const message = `too few paths can still come to ${node.id}`;
    const visiting = { ...token, visit: visits + 1 };
    return fail(draft, visiting, { code: "JOIN_UNSATISFIED", message, retryable: false });
  }
  const { maxVisits } = draft.context.workflow.limits;
  const isCounted = token.visit === 0 && token.undoes === undefined;
  if (isCounted && visits >= maxVisits) {
    const message = `${node.id} was visited ${maxVisits} times, which is the limit`;
    const error = { code: "MAX_VISITS", message, node: localName(node.id), retryable: false };
    return failAtOnce(draft, { ...token, visit: visits + 1 }, error);
  }
  switch (node.type) {
    case "set":
      return visitSet(draft, token);
    case "script":
      return visitScript(draft, token);
    case "rules":
      return visitRules(draft, token);
    case "end":
      return visitEnd(draft, token);
    case "map":
      return visitMap(draft, token);
    case "subflow":
      return visitSubflow(draft, token);
    case "wait":
      return node.fields["any"] || node.fields["all"]
        ? visitSeveral(draft, token)
        : visitWait(draft, token);
    case "approval":
      return visitApproval(draft, token);
    case "form":
    case "ask":
      return visitForm(draft, token);
    case "llm":
    case "tool":
    case "notify":
      return visitEffect(draft, token);
  }
}

/** Says what the run is now. A run that waits never reads as running. */
async function settleStatus(draft: Draft): Promise<void> {
  if (hasEnded(draft.run) || heldToken(draft.run)) return;
  if (tokensOf(draft.run).length === 0) return finishRun(draft);
  const { status } = draft.run;
  if (isOwed(draft.run, draft.at)) {
    const began = tokensOf(draft.run).some((token) => token.visit > 0);
    if (status === "waiting" || (status === "queued" && began)) {
      emit(draft, { type: "run.running" });
    }
  } else if (status !== "waiting") {
    emit(draft, { type: "run.waiting", waitingOn: waitingOn(draft.run) });
  }
}
