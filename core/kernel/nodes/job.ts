import { fail, idsOf, nodeOf } from "../depart.ts";
import { type Draft, type ToolFacts } from "../draft.ts";
import { digestId } from "../ids.ts";
import { type Instant, own } from "../json.ts";
import { whole } from "../large-values.ts";
import type { Token, Wait } from "../run.ts";
import type { Node } from "../workflow.ts";
import { park } from "./wait.ts";

/** Work that goes on elsewhere is waited for longer than an answer is. */
const JOB_TIMEOUT_MS = 24 * 60 * 60 * 1_000;

/** Whether the node's work is taken by whoever polls for it, so that no driver calls anything. */
export function isTaken(draft: Draft, node: Node): boolean {
  return factsOf(draft, node)?.kind === "worker";
}

export function jobTimeoutMs(node: Node): number {
  return node.timeoutMs ?? JOB_TIMEOUT_MS;
}

/** Offers a started attempt as a job, if its input is one that the tool takes. */
export async function offerJob(draft: Draft, token: Token): Promise<void> {
  const fault = factsOf(draft, nodeOf(draft, token))?.inputFault?.(
    whole(draft, token.input ?? null),
  );
  if (fault === undefined) return openJob(draft, token);
  return fail(draft, token, { code: "TOOL_INPUT_INVALID", message: fault, retryable: false });
}

/**
 * The attempt goes on as rows: nothing is held for it until it is told what came of it, or its time
 * is over. The job's name is that of the visit, so each attempt of it is the same job.
 */
export function openJob(
  draft: Draft,
  token: Token,
  { ref, until }: { ref?: string; until?: Instant | undefined } = {},
): void {
  const node = nodeOf(draft, token);
  const name = draft.context.hash(`${draft.run.seed}/${idsOf(token).step}/job`);
  const dueAt = until ?? draft.at + jobTimeoutMs(node);
  const wait: Wait = {
    kind: "job",
    job: `job_${digestId(name)}`,
    tool: toolOf(node),
    until: dueAt,
    ...(ref !== undefined && { ref }),
  };
  draft.rows++;
  park(draft, token, wait, dueAt);
}

function factsOf({ context }: Draft, node: Node): ToolFacts | undefined {
  return own(context.tools, toolOf(node));
}

function toolOf({ document }: Node): string {
  return typeof document["tool"] === "string" ? document["tool"] : "";
}
