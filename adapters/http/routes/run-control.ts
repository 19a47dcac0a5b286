import * as z from "zod";
import {
  MigrateRequest,
  Migration,
  PatchRequest,
  ReasonRequest,
  SkipRequest,
} from "../../../core/contract/control.ts";
import { idOf } from "../../../core/contract/fields.ts";
import { Run } from "../../../core/contract/runs.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The run.", "run_01hzy") };
const byStep = {
  ...byId,
  step: z
    .string()
    .max(512)
    .regex(/^[\w.:~-]+$/)
    .meta({ description: "The step, within its run.", examples: ["pay.1"] }),
};
const THE_RUN = {
  status: 200,
  description: "The run.",
  schema: Run,
  headers: ["Idempotency-Replayed"],
} as const;
const common = { tag: "Runs", needs: "operate", repeats: "replays", answers: [THE_RUN] } as const;

/** What an operator does to a run by hand. */
export const runControlRoutes = [
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/pause",
    operationId: "pauseRun",
    summary: "Pause a run",
    description:
      "Calls under way end and are recorded; nothing new starts, and no timer fires. Answers and " +
      "decisions are taken, and what follows them starts when the run is resumed.",
    params: byId,
    body: ReasonRequest,
    bodyOptional: true,
    refusals: ["NOT_FOUND", "RUN_ENDED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.control.pause(caller, params.id, body)),
  }),
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/resume",
    operationId: "resumeRun",
    summary: "Resume a paused run",
    description: "What came due in the meantime happens now. A run that is not paused stays as is.",
    params: byId,
    refusals: ["NOT_FOUND", "RUN_ENDED"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.control.resume(caller, params.id)),
  }),
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/patch",
    operationId: "patchRun",
    summary: "Set variables of a run by hand",
    description: "Of a live run, or of a failed one before it is retried.",
    params: byId,
    body: PatchRequest,
    refusals: ["NOT_FOUND", "RUN_ENDED", "PAYLOAD_TOO_LARGE"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.control.patch(caller, params.id, body)),
  }),
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/migrate",
    operationId: "migrateRun",
    summary: "Let a run go on under another version",
    description:
      "Of its workflow. What does not map is named, and then nothing is changed; `dryRun` only " +
      "names it. A failed run is migrated before it is retried.",
    params: byId,
    body: MigrateRequest,
    answers: [
      {
        status: 200,
        description: "What became of it, or would.",
        schema: Migration,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: [
      "NOT_FOUND",
      "WORKFLOW_NOT_FOUND",
      "RUN_ENDED",
      "RUN_NOT_FAILED",
      "MIGRATION_BLOCKED",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.control.migrate(caller, params.id, body)),
  }),
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/steps/{step}/skip",
    operationId: "skipStep",
    summary: "Skip a step with a given output",
    description: "It goes on as if it had come to that output. An approval is not settled so.",
    params: byStep,
    body: SkipRequest,
    refusals: [
      "NOT_FOUND",
      "RUN_ENDED",
      "STEP_NOT_OPEN",
      "ANSWER_IS_APPROVAL",
      "PAYLOAD_TOO_LARGE",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.control.skipStep(caller, params.id, params.step, body)),
  }),
  route({
    ...common,
    method: "POST",
    path: "/v1/runs/{id}/steps/{step}/cancel",
    operationId: "cancelStep",
    summary: "Cancel one step",
    description:
      "Its call is abandoned and its task closed. An error edge of the node takes it as " +
      "`CANCELLED`; without one its path ends, and the rest of the run goes on.",
    params: byStep,
    body: ReasonRequest,
    bodyOptional: true,
    refusals: ["NOT_FOUND", "RUN_ENDED", "STEP_NOT_OPEN"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.control.cancelStep(caller, params.id, params.step, body)),
  }),
];
