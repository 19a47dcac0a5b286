import type { RunView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";

export const AT = "2026-11-21T09:30:00.000Z";

export function runSummaryOf(run: RunView) {
  const { id, status, workflow, version, tags, parent, createdAt, updatedAt, endedAt } = run;
  const { waitingOn } = run;
  return { id, status, workflow, version, tags, parent, createdAt, updatedAt, endedAt, waitingOn };
}

export function runOf(id: string, workflow: string, input: Json = null): RunView {
  return {
    id,
    status: "running",
    workflow,
    version: 1,
    hash: "abc",
    input,
    output: null,
    error: null,
    vars: {},
    waitingOn: [],
    steps: [],
    cost: 0,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    tags: {},
    actor: { kind: "key", id: "key_1" },
    parent: null,
    deadline: null,
    createdAt: AT,
    updatedAt: AT,
    endedAt: null,
    seq: 1,
  };
}
