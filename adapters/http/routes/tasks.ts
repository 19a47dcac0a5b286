import { idOf } from "../../../core/contract/fields.ts";
import {
  ClaimRequest,
  CompleteRequest,
  DecideRequest,
  ReassignRequest,
  Task,
  TaskList,
  TaskQuery,
} from "../../../core/contract/tasks.ts";
import { listed, replyOf, route } from "../route.ts";

const byId = { id: idOf("The task.", "task_01hzy") };

const THE_TASK = {
  status: 200,
  description: "The task.",
  schema: Task,
  headers: ["Idempotency-Replayed"],
} as const;

const ANSWERING = [
  "NOT_FOUND",
  "NOT_AN_APPROVER",
  "TASK_CLAIMED",
  "TASK_CLOSED",
  "TASK_IS_APPROVAL",
] as const;

export const taskRoutes = [
  route({
    method: "GET",
    path: "/v1/tasks",
    operationId: "listTasks",
    tag: "Tasks",
    summary: "List tasks",
    description: "What people are asked to do, by any of the filters together.",
    needs: "read",
    query: TaskQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of tasks.", schema: TaskList }],
    refusals: [],
    async handle({ caller, query: { limit, cursor, ...filter } }, { engine }) {
      return listed(await engine.tasks.list(caller, filter, { limit, cursor }));
    },
  }),
  route({
    method: "GET",
    path: "/v1/tasks/{id}",
    operationId: "getTask",
    tag: "Tasks",
    summary: "Read a task",
    description: "With its preview, its digest and the decisions so far.",
    needs: "read",
    params: byId,
    answers: [{ status: 200, description: "The task.", schema: Task }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.tasks.get(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/decide",
    operationId: "decideTask",
    tag: "Tasks",
    summary: "Decide a task",
    description:
      "The first decision holds. The same again answers the same receipt; another is refused with " +
      "`TASK_DECIDED`, which says who decided and when.",
    needs: "decide",
    params: byId,
    body: DecideRequest,
    repeats: "replays",
    answers: [THE_TASK],
    refusals: [
      "NOT_FOUND",
      "TASK_IS_FORM",
      "TASK_DECIDED",
      "TASK_CLOSED",
      "ALREADY_VOTED",
      "DIGEST_MISMATCH",
      "NOT_AN_APPROVER",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.decide(caller, params.id, body)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/complete",
    operationId: "completeTask",
    tag: "Tasks",
    summary: "Fill in a form, or answer a question",
    description: "The first answer that fits the form holds. The same again gets the same receipt.",
    needs: "decide",
    params: byId,
    body: CompleteRequest,
    repeats: "replays",
    answers: [THE_TASK],
    refusals: [...ANSWERING, "INVALID_FORM", "TASK_DECIDED"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.complete(caller, params.id, body)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/claim",
    operationId: "claimTask",
    tag: "Tasks",
    summary: "Claim a task",
    description: "Nobody else completes it until it is released.",
    needs: "decide",
    params: byId,
    body: ClaimRequest,
    bodyOptional: true,
    repeats: "replays",
    answers: [THE_TASK],
    refusals: ANSWERING,
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.claim(caller, params.id, body.as)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/release",
    operationId: "releaseTask",
    tag: "Tasks",
    summary: "Release a task",
    description: "Gives a claim up. Operators may release what others have claimed.",
    needs: "decide",
    params: byId,
    body: ClaimRequest,
    bodyOptional: true,
    repeats: "replays",
    answers: [THE_TASK],
    refusals: ANSWERING,
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.release(caller, params.id, body.as)),
  }),
  route({
    method: "POST",
    path: "/v1/tasks/{id}/reassign",
    operationId: "reassignTask",
    tag: "Tasks",
    summary: "Ask somebody else",
    description: "Replaces assignees and groups, and ends a claim.",
    needs: "operate",
    params: byId,
    body: ReassignRequest,
    repeats: "replays",
    answers: [THE_TASK],
    refusals: ["NOT_FOUND", "TASK_CLOSED", "TASK_IS_APPROVAL"],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.reassign(caller, params.id, body)),
  }),
];
