import type { TaskView } from "../../core/engine/views.ts";

/** An approval that waits, with whatever a test wants to be different. */
export function aTask(changes: Partial<TaskView> = {}): TaskView {
  return {
    id: "task_0198c9b2",
    runId: "run_0198c9b2-1111-7222-8333-444455556666",
    workflow: "refund",
    node: "ok",
    kind: "approval",
    status: "open",
    title: "Refund 1,200 €",
    description: "Order A-17 was late.",
    preview: { order: "A-17", amount: 1200 },
    digest: "sha256:00",
    options: [
      { id: "approved", label: "Approved" },
      { id: "rejected", label: "Rejected" },
    ],
    quorum: 1,
    schema: null,
    ui: null,
    claimedBy: null,
    data: null,
    assignees: ["ada@example.com"],
    groups: [],
    due: "2026-01-02T12:00:00.000Z",
    priority: 0,
    reminders: [],
    escalation: [],
    decision: null,
    decisions: [],
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    ...changes,
  };
}
