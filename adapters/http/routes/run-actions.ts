import { AnyJson, idOf } from "../../../core/contract/fields.ts";
import { CancelRequest, RetryRequest, Run } from "../../../core/contract/runs.ts";
import { SignalAccepted, SignalRequest } from "../../../core/contract/signals.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };
const THE_RUN = {
  status: 200,
  description: "The run.",
  schema: Run,
  headers: ["Idempotency-Replayed"],
} as const;

export const runActionRoutes = [
  route({
    method: "POST",
    path: "/v1/runs/{id}/signals",
    operationId: "signalRun",
    tag: "Runs",
    summary: "Send a signal to a run",
    description: "Kept until the run waits for it. The same `id` is taken once.",
    needs: "operate",
    params: byId,
    body: SignalRequest,
    repeats: "replays",
    answers: [
      {
        status: 202,
        description: "It was taken, now or before.",
        schema: SignalAccepted,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: ["NOT_FOUND", "RUN_ENDED", "SIGNALS_FULL"],
    handle: async ({ caller, params, body, idempotencyKey }, { engine }) => {
      // Should we die before the answer is kept, the run itself still knows the repeat by its id.
      const ofKey = idempotencyKey && `key:${caller.keyId}/${idempotencyKey}`;
      const signal = { ...body, id: body.id ?? ofKey };
      return replyOf(await engine.runs.signal(caller, params.id, signal), 202);
    },
  }),
  route({
    method: "POST",
    path: "/v1/runs/{id}/respond",
    operationId: "respondToRun",
    tag: "Runs",
    summary: "Answer what a run waits for",
    description:
      "Answers the only open wait; the body is the answer itself. An approval is not settled here.",
    needs: "operate",
    params: byId,
    body: AnyJson.meta({
      description: "The answer itself.",
      examples: [{ response: "blue" }],
    }),
    repeats: "replays",
    answers: [THE_RUN],
    refusals: [
      "NOT_FOUND",
      "INVALID_INPUT",
      "RUN_ENDED",
      "RUN_NOT_WAITING",
      "WAIT_AMBIGUOUS",
      "ANSWER_IS_APPROVAL",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.runs.respond(caller, params.id, body)),
  }),
  route({
    method: "POST",
    path: "/v1/runs/{id}/cancel",
    operationId: "cancelRun",
    tag: "Runs",
    summary: "Cancel a run",
    description:
      "No effect starts after it, but those that undo what was done when `compensate` is asked for. " +
      "Children follow.",
    needs: "operate",
    params: byId,
    body: CancelRequest,
    bodyOptional: true,
    repeats: "replays",
    answers: [THE_RUN],
    refusals: ["NOT_FOUND", "RUN_ENDED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.runs.cancel(caller, params.id, body.reason, body.compensate)),
  }),
  route({
    method: "POST",
    path: "/v1/runs/{id}/retry",
    operationId: "retryRun",
    tag: "Runs",
    summary: "Retry a failed run",
    description:
      "It goes on from where it failed. What had finished is not repeated; the failed step has all " +
      "its attempts again, under the key of its visit.",
    needs: "operate",
    params: byId,
    body: RetryRequest,
    bodyOptional: true,
    repeats: "replays",
    answers: [THE_RUN],
    refusals: ["NOT_FOUND", "RUN_NOT_FAILED", "LIMIT_REACHED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.runs.retry(caller, params.id, body.node)),
  }),
];
