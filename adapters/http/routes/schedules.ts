import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import {
  Backfilled,
  BackfillRequest,
  Schedule,
  ScheduleChange,
  ScheduleList,
  ScheduleRequest,
} from "../../../core/contract/schedules.ts";
import { listed, replyOf, route } from "../route.ts";

const byId = { id: idOf("The schedule.", "sch_01hzy") };
const THE_SCHEDULE = { status: 200, description: "The schedule.", schema: Schedule } as const;
const THE_SAME = { ...THE_SCHEDULE, headers: ["Idempotency-Replayed"] } as const;

export const scheduleRoutes = [
  route({
    method: "POST",
    path: "/v1/schedules",
    operationId: "createSchedule",
    tag: "Schedules",
    summary: "Start runs by the clock",
    description: "By a cron line in a time zone, at even distances, or once.",
    needs: "operate",
    body: ScheduleRequest,
    repeats: "replays",
    location: ({ id }) => `/v1/schedules/${String(id)}`,
    answers: [
      {
        status: 201,
        description: "The schedule.",
        schema: Schedule,
        headers: ["Location", "Idempotency-Replayed"],
      },
    ],
    refusals: ["WORKFLOW_NOT_FOUND", "INVALID_INPUT", "PAYLOAD_TOO_LARGE"],
    handle: async ({ caller, body }, { engine }) =>
      replyOf(await engine.schedules.create(caller, body), 201),
  }),
  route({
    method: "GET",
    path: "/v1/schedules",
    operationId: "listSchedules",
    tag: "Schedules",
    summary: "List schedules",
    description: "Newest first, those that have ended too.",
    needs: "read",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of schedules.", schema: ScheduleList }],
    refusals: [],
    handle: async ({ caller, query }, { engine }) =>
      listed(await engine.schedules.list(caller, query)),
  }),
  route({
    method: "GET",
    path: "/v1/schedules/{id}",
    operationId: "getSchedule",
    tag: "Schedules",
    summary: "Read a schedule",
    description: "With its next occurrences, and what became of the last one.",
    needs: "read",
    params: byId,
    answers: [THE_SCHEDULE],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.schedules.get(caller, params.id)),
  }),
  route({
    method: "PATCH",
    path: "/v1/schedules/{id}",
    operationId: "changeSchedule",
    tag: "Schedules",
    summary: "Change a schedule",
    description: "What is not named stays as it is. A new time counts from now.",
    needs: "operate",
    params: byId,
    body: ScheduleChange,
    answers: [THE_SCHEDULE],
    refusals: ["NOT_FOUND", "WORKFLOW_NOT_FOUND", "INVALID_INPUT", "PAYLOAD_TOO_LARGE"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.schedules.change(caller, params.id, body)),
  }),
  route({
    method: "DELETE",
    path: "/v1/schedules/{id}",
    operationId: "deleteSchedule",
    tag: "Schedules",
    summary: "Remove a schedule",
    description: "Runs that it has started go on.",
    needs: "operate",
    params: byId,
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.schedules.remove(caller, params.id), 204),
  }),
  route({
    method: "POST",
    path: "/v1/schedules/{id}/pause",
    operationId: "pauseSchedule",
    tag: "Schedules",
    summary: "Pause a schedule",
    description: "Nothing fires until it is resumed.",
    needs: "operate",
    params: byId,
    repeats: "replays",
    answers: [THE_SAME],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.schedules.pause(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/schedules/{id}/resume",
    operationId: "resumeSchedule",
    tag: "Schedules",
    summary: "Resume a schedule",
    description: "It goes on with the next occurrence after now; see backfill for the others.",
    needs: "operate",
    params: byId,
    repeats: "replays",
    answers: [THE_SAME],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.schedules.resume(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/schedules/{id}/backfill",
    operationId: "backfillSchedule",
    tag: "Schedules",
    summary: "Start runs for past occurrences",
    description: "For each occurrence of the range that has no run. At most 200 at once.",
    needs: "operate",
    params: byId,
    body: BackfillRequest,
    repeats: "replays",
    answers: [
      {
        status: 200,
        description: "What the range held.",
        schema: Backfilled,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: [
      "NOT_FOUND",
      "WORKFLOW_NOT_FOUND",
      "INVALID_INPUT",
      "PAYLOAD_TOO_LARGE",
      "LIMIT_REACHED",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.schedules.backfill(caller, params.id, body)),
  }),
];
