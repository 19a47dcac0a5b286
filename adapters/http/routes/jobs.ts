import { idOf } from "../../../core/contract/fields.ts";
import {
  Heartbeat,
  HeartbeatRequest,
  JobCompleteRequest,
  JobFailRequest,
  JobPollRequest,
  JobReceipt,
  JobsTaken,
} from "../../../core/contract/jobs.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The job.", "job_01hzy") };
const RECEIPT = [{ status: 200, description: "What the run made of it.", schema: JobReceipt }];

export const jobRoutes = [
  route({
    method: "POST",
    path: "/v1/worker/poll",
    operationId: "pollJobs",
    audited: false,
    tag: "Workers",
    summary: "Ask for jobs",
    description:
      "Leases jobs of the named tools, oldest first, each tool in its turn. Without any it waits " +
      "for one, as long as `wait` says, and then answers an empty list.",
    needs: "work",
    body: JobPollRequest,
    answers: [{ status: 200, description: "Jobs that are now yours.", schema: JobsTaken }],
    refusals: [],
    handle: async ({ caller, body }, { engine }) => replyOf(await engine.jobs.poll(caller, body)),
  }),
  route({
    method: "POST",
    path: "/v1/worker/jobs/{id}/heartbeat",
    operationId: "heartbeatJob",
    audited: false,
    tag: "Workers",
    summary: "Keep a job",
    description: "Renews the lease. `cancelled` says that the run does not want the job any more.",
    needs: "work",
    params: byId,
    body: HeartbeatRequest,
    answers: [{ status: 200, description: "Until when it is yours.", schema: Heartbeat }],
    refusals: ["NOT_FOUND", "LEASE_LOST"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.jobs.heartbeat(caller, params.id, body.lease)),
  }),
  route({
    method: "POST",
    path: "/v1/worker/jobs/{id}/complete",
    operationId: "completeJob",
    tag: "Workers",
    summary: "Report a job as done",
    description:
      "The run goes on with the output. One that does not fit the tool's `outputSchema` fails the " +
      "step with `TOOL_OUTPUT_INVALID`, and the receipt says so.",
    needs: "work",
    params: byId,
    body: JobCompleteRequest,
    answers: RECEIPT,
    refusals: ["NOT_FOUND", "LEASE_LOST"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.jobs.complete(caller, params.id, body)),
  }),
  route({
    method: "POST",
    path: "/v1/worker/jobs/{id}/fail",
    operationId: "failJob",
    tag: "Workers",
    summary: "Report a job as failed",
    description: "The attempt failed. It is tried again as the node's `retry` and `retryable` say.",
    needs: "work",
    params: byId,
    body: JobFailRequest,
    answers: RECEIPT,
    refusals: ["NOT_FOUND", "LEASE_LOST"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.jobs.fail(caller, params.id, body)),
  }),
];
