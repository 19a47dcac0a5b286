import type { Engine } from "../../core/engine/engine.ts";
import { ok, refuse } from "../../core/engine/refusal.ts";

const AT = "2026-11-21T09:30:00.000Z";

/** One job of the tool `resize`, whose lease is `lease-1`. */
export const fakeJobs: Engine["jobs"] = {
  poll: async (_caller, { tools }) => {
    const job = {
      id: "job_1",
      lease: "lease-1",
      runId: "run_1",
      node: "resize",
      tool: "resize",
      input: { image: "cat.png" },
      idempotencyKey: "seed-resize-1",
      attempt: 1,
      leaseUntil: AT,
      deadline: AT,
    };
    return ok({ jobs: tools.includes("resize") ? [job] : [] });
  },
  heartbeat: async (_caller, id, lease) =>
    lease === "lease-1"
      ? ok({ id, runId: "run_1", cancelled: false, leaseUntil: AT, deadline: AT })
      : lost(id),
  complete: async (_caller, id, { lease }) =>
    lease === "lease-1" ? ok({ id, runId: "run_1", status: "completed" }) : lost(id),
  fail: async (_caller, id, { lease, code = "JOB_FAILED", message = code }) =>
    lease === "lease-1"
      ? ok({ id, runId: "run_1", status: "failed", error: { code, message } })
      : lost(id),
};

function lost(id: string) {
  return refuse("LEASE_LOST", `The job ${id} is not yours.`);
}
