import { idOf } from "../../../core/contract/fields.ts";
import { DecideRequest, Task, TaskList, TaskQuery } from "../../../core/contract/tasks.ts";
import { listed, replyOf, route } from "../route.ts";

const byId = { id: idOf("The task.", "task_01hzy") };

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
    answers: [
      { status: 200, description: "The task.", schema: Task, headers: ["Idempotency-Replayed"] },
    ],
    refusals: [
      "NOT_FOUND",
      "TASK_DECIDED",
      "TASK_CLOSED",
      "ALREADY_VOTED",
      "DIGEST_MISMATCH",
      "NOT_AN_APPROVER",
    ],
    handle: async ({ caller, params, body }, { engine }) =>
      replyOf(await engine.tasks.decide(caller, params.id, body)),
  }),
];
