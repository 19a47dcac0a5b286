import { originalId } from "../../import/node-id.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, RunView, StartRequest, TaskView } from "../views.ts";
import { type Instance, instanceOf, taskDataOf } from "./process-view.ts";

type Parts = Pick<Engine, "workflows" | "runs" | "tasks">;
type Told = Readonly<{ success: true; instance: Instance }>;

/** How long a request is kept until the run waits or ends; then it is told as it is. */
const WAIT_S = 20;
const TASKS_PAGE = 200;
const TASKS_MAX = 1_000;

export type ProcessStart = Readonly<{
  definition: JsonObject;
  input: JsonObject;
  initiator: string;
  more: Pick<StartRequest, "idempotencyKey" | "bodyHash">;
}>;

/** Publishes the process, unless it is there already, and starts exactly that version of it. */
export async function startProcess(
  engine: Parts,
  caller: Caller,
  { definition, input, initiator, more }: ProcessStart,
): Promise<Result<Told>> {
  const isNamed = [definition["name"], definition["id"]].some(
    (name) => typeof name === "string" && /[a-z0-9]/i.test(name),
  );
  const imported = await engine.workflows.import(caller, {
    dialect: "process",
    document: definition,
    ...(!isNamed && { name: "process" }),
  });
  if (!imported.ok) return imported;
  const { published } = imported.value;
  if (!published) return refuse("NOT_IMPORTED", "nothing was published");
  const { name: workflow, version } = published;
  const tags = { initiator };
  const started = await engine.runs.start(caller, { workflow, version, input, tags, ...more });
  // It is told as it begins, however far it has come: whoever started it asks for the rest.
  return started.ok ? told(engine, caller, { ...started.value.run, status: "running" }) : started;
}

export async function readInstance(
  engine: Parts,
  caller: Caller,
  runId: string,
): Promise<Result<Told>> {
  const found = await engine.runs.get(caller, runId);
  return found.ok ? told(engine, caller, found.value) : found;
}

/** A failed run goes on from where it failed. */
export async function recoverInstance(
  engine: Parts,
  caller: Caller,
  runId: string,
): Promise<Result<Told>> {
  const retried = await engine.runs.retry(caller, runId);
  return retried.ok ? toldOnceSettled(engine, caller, runId) : retried;
}

export type TaskAnswer = Readonly<{
  runId: string | undefined;
  taskId: string | undefined;
  data: JsonObject;
  by: string | undefined;
}>;

/** Fills in the form that the run waits for: the one that is named, or the only one. */
export async function completeProcessTask(
  engine: Parts,
  caller: Caller,
  answer: TaskAnswer,
): Promise<Result<Told>> {
  const found = await taskOf(engine, caller, answer);
  if (!found.ok) return found;
  const task = found.value;
  const [asked] = [...task.assignees, ...task.groups];
  // Who answers is not told there: a key that may speak for others speaks for whom it names.
  const as = caller.actsFor ? (answer.by ?? asked) : undefined;
  const completed = await engine.tasks.complete(caller, task.id, { data: answer.data, as });
  if (!completed.ok) return completed;
  return toldOnceSettled(engine, caller, task.runId);
}

async function taskOf(
  { tasks, runs }: Parts,
  caller: Caller,
  { runId, taskId }: TaskAnswer,
): Promise<Result<TaskView>> {
  if (taskId !== undefined) {
    const found = await tasks.get(caller, taskId);
    if (!found.ok || runId === undefined || found.value.runId === runId) return found;
    return refuse("NOT_FOUND", `run ${runId} has no task ${taskId}`);
  }
  if (runId === undefined) {
    return refuse("INVALID_REQUEST", "say which instance, or which task, is completed");
  }
  const now = await runs.get(caller, runId);
  // An instance that has just been started is on its way to its task.
  const isOnItsWay = now.ok && tasksOf(now.value).length === 0;
  const run = isOnItsWay ? await runs.settled(caller, runId, WAIT_S) : now;
  if (!run.ok) return run;
  const open = tasksOf(run.value);
  const [only, another] = open;
  if (only === undefined) {
    return refuse("RUN_NOT_WAITING", `run ${runId} is ${run.value.status}, and has no open task`);
  }
  if (another !== undefined) {
    const message = `run ${runId} has several open tasks; say with "taskId" which is completed`;
    return refuse("WAIT_AMBIGUOUS", message, { data: { tasks: open } });
  }
  return tasks.get(caller, only);
}

function tasksOf({ waitingOn }: RunView): readonly string[] {
  return waitingOn.flatMap(({ task }) => (task === undefined ? [] : [task]));
}

export async function listProcessTasks({ tasks }: Parts, caller: Caller) {
  const open: TaskView[] = [];
  for (let cursor: string | undefined; open.length < TASKS_MAX; ) {
    const page = await tasks.list(caller, { status: "open" }, { limit: TASKS_PAGE, cursor });
    open.push(...page.data);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const listed = open.slice(0, TASKS_MAX).map((task) => ({
    instanceId: task.runId,
    workflowName: task.workflow,
    taskData: taskDataOf(task),
    currentNode: originalId(task.node),
    createdAt: task.createdAt,
  }));
  return ok({ success: true, tasks: listed, count: listed.length });
}

async function toldOnceSettled(
  engine: Parts,
  caller: Caller,
  runId: string,
): Promise<Result<Told>> {
  const settled = await engine.runs.settled(caller, runId, WAIT_S);
  return settled.ok ? told(engine, caller, settled.value) : settled;
}

async function told(
  { workflows, tasks }: Parts,
  caller: Caller,
  run: RunView,
): Promise<Result<Told>> {
  const workflow = await workflows.get(caller, run.workflow, run.version);
  const open = await Promise.all(
    tasksOf(run)
      .slice(0, 1)
      .map((id) => tasks.get(caller, id)),
  );
  const found = open.flatMap((task) => (task.ok ? [task.value] : []));
  const instance = instanceOf(run, found, workflow.ok ? workflow.value : undefined);
  return ok({ success: true, instance });
}

/** The fields of the form: under `formData`, or the whole body but for what names the task. */
export function answerIn(body: JsonObject, runId: string | undefined): TaskAnswer {
  const { taskId, instanceId, formData, completedBy, ...fields } = body;
  return {
    runId: runId ?? textIn(instanceId),
    taskId: textIn(taskId),
    data: formData !== undefined && isObject(formData) ? formData : fields,
    by: textIn(completedBy),
  };
}

function textIn(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
