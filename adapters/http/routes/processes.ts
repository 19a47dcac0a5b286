import { AnyObject, idOf } from "../../../core/contract/fields.ts";
import { ProcessStart, TaskFields } from "../../../core/contract/seed-routes.ts";
import { isObject } from "../../../core/kernel/json.ts";
import { refused } from "../problem.ts";
import { replyOf, route } from "../route.ts";

const byId = { id: idOf("The instance, which is a run.", "run_01hzy") };
const byInstance = { instanceId: byId.id };
const tag = "Processes";
const optional = "seed";
const INSTANCE = { status: 200, description: "`{success, instance}`.", schema: AnyObject };
const INITIATOR_LENGTH_MAX = 256;

/** Few ask for them, and a function that starts must be small. */
const processes = () => import("../../../core/engine/seed-routes/processes.ts");

/** Its programs look there for what went wrong. */
const members = (message: string) => ({ success: false, error: message });

const completing = {
  method: "POST",
  tag,
  optional,
  members,
  needs: "decide",
  body: TaskFields,
  repeats: "replays",
  answers: [INSTANCE],
  refusals: [
    "NOT_FOUND",
    "RUN_NOT_WAITING",
    "WAIT_AMBIGUOUS",
    "INVALID_FORM",
    "TASK_DECIDED",
    "TASK_CLOSED",
    "TASK_CLAIMED",
    "TASK_IS_APPROVAL",
    "NOT_AN_APPROVER",
  ],
} as const;

/** The routes of a system that runs process diagrams: see docs/seed-routes.md. */
export const processRoutes = [
  route({
    method: "POST",
    path: "/api/runtime/start",
    operationId: "startProcess",
    tag,
    optional,
    members,
    summary: "Start a process",
    description: "Publishes the definition, unless it is there already, and starts a run of it.",
    needs: "operate",
    body: ProcessStart,
    repeats: "engine",
    answers: [INSTANCE],
    refusals: ["NOT_IMPORTED", "INVALID_WORKFLOW", "INVALID_INPUT", "RUN_EXISTS", "NOT_FOUND"],
    async handle({ caller, body, idempotencyKey, bodyHash }, { engine }) {
      const { workflowDef: definition = null, inputData = {}, initiator = "system" } = body;
      if (!isObject(definition) || definition["nodes"] === undefined) {
        const errors = [
          { path: "workflowDef.nodes", code: "REQUIRED", message: "a list of nodes" },
        ];
        return refused("INVALID_REQUEST", "Invalid workflow definition: it has no nodes.", {
          errors,
        });
      }
      if (!isObject(inputData) || typeof initiator !== "string") {
        return refused("INVALID_REQUEST", "inputData is an object, and initiator a text.");
      }
      const { startProcess } = await processes();
      return replyOf(
        await startProcess(engine, caller, {
          definition,
          input: inputData,
          initiator: initiator.slice(0, INITIATOR_LENGTH_MAX),
          more: { idempotencyKey, bodyHash },
        }),
      );
    },
  }),
  route({
    ...completing,
    path: "/api/runtime/complete-task",
    operationId: "completeProcessTask",
    summary: "Complete a task of a process",
    description: "The body names the instance, the task, or both.",
    async handle({ caller, body }, { engine }) {
      const { answerIn, completeProcessTask } = await processes();
      return replyOf(await completeProcessTask(engine, caller, answerIn(body, undefined)));
    },
  }),
  route({
    ...completing,
    path: "/api/runtime/complete-task/{instanceId}",
    operationId: "completeInstanceTask",
    summary: "Complete the task of an instance",
    description: "The only one that is open, or the one that `taskId` names.",
    params: byInstance,
    async handle({ caller, params, body }, { engine }) {
      const { answerIn, completeProcessTask } = await processes();
      return replyOf(await completeProcessTask(engine, caller, answerIn(body, params.instanceId)));
    },
  }),
  route({
    method: "GET",
    path: "/api/runtime/instance/{id}",
    operationId: "readInstance",
    tag,
    optional,
    members,
    summary: "Read an instance",
    description: "A run as an instance: its data, its newest 100 steps as its history, its tokens.",
    needs: "read",
    params: byId,
    answers: [INSTANCE],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await (await processes()).readInstance(engine, caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/api/runtime/recover/{id}",
    operationId: "recoverInstance",
    tag,
    optional,
    members,
    summary: "Recover a failed instance",
    description: "It goes on from where it failed, and does nothing again that it had done.",
    needs: "operate",
    params: byId,
    repeats: "replays",
    answers: [INSTANCE],
    refusals: ["NOT_FOUND", "RUN_NOT_FAILED"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await (await processes()).recoverInstance(engine, caller, params.id)),
  }),
  route({
    method: "GET",
    path: "/api/runtime/tasks",
    operationId: "listProcessTasks",
    tag,
    optional,
    members,
    summary: "List what people are asked",
    description: "Open tasks of all runs, newest first, at most 1,000 of them.",
    needs: "read",
    answers: [{ status: 200, description: "`{success, tasks, count}`.", schema: AnyObject }],
    refusals: [],
    handle: async ({ caller }, { engine }) =>
      replyOf(await (await processes()).listProcessTasks(engine, caller)),
  }),
];
