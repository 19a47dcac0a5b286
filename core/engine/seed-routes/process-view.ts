import { originalId } from "../../import/node-id.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { RunView, StepView, TaskView, WorkflowView } from "../views.ts";

const STATUSES: Readonly<Record<RunView["status"], string>> = {
  queued: "PENDING",
  running: "RUNNING",
  waiting: "PAUSED",
  paused: "PAUSED",
  succeeded: "COMPLETED",
  failed: "FAILED",
  cancelled: "FAILED",
};

const TYPES: Readonly<Record<string, string>> = {
  set: "gateway",
  form: "userTask",
  ask: "userTask",
  approval: "userTask",
  script: "scriptTask",
  tool: "serviceTask",
  notify: "sendTask",
  llm: "llmTask",
  wait: "timerEvent",
  end: "endEvent",
};

const OVER = new Set<StepView["status"]>([
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
  "unknown",
]);

/** A run as an instance of a process: the members that its users know, by their names. */
export function instanceOf(
  run: RunView,
  tasks: readonly TaskView[],
  workflow: WorkflowView | undefined,
) {
  const steps = run.steps.toSorted((a, b) => (a.startedAt ?? "").localeCompare(b.startedAt ?? ""));
  const open = steps.filter(({ status }) => !OVER.has(status));
  const start = workflow?.document["start"];
  const [task] = tasks;
  const data = run.vars["processData"] ?? run.input;
  const current = (open.at(-1) ?? steps.at(-1))?.node;
  return {
    id: run.id,
    instanceId: run.id,
    workflowId: run.workflow,
    workflowName: workflow?.title ?? run.workflow,
    status: STATUSES[run.status],
    currentNodeId: current === undefined ? null : originalId(current),
    // As where this comes from, an open task shows in the data; what is there already stays.
    processData: isObject(data) && task ? { ...taskDataOf(task), ...data } : data,
    executionHistory: steps.map((step) => historyOf(step, step.node === start)),
    checkpoints: steps
      .filter(({ endedAt }) => endedAt !== null)
      .map(({ node, endedAt }) => ({ nodeId: originalId(node), timestamp: endedAt })),
    createdAt: run.createdAt,
    updatedAt: run.updatedAt,
    completedAt: run.endedAt,
    error: run.error?.message ?? null,
    initiator: run.tags["initiator"] ?? "system",
    tokens: tokensOf(steps, open),
  };
}

export type Instance = ReturnType<typeof instanceOf>;

function historyOf(step: StepView, isStart: boolean): JsonObject {
  const nodeId = originalId(step.node);
  const nodeType = isStart ? "startProcess" : typeOf(step);
  const timestamp = step.endedAt ?? step.startedAt;
  const status =
    step.status === "succeeded" ? "COMPLETED" : OVER.has(step.status) ? "FAILED" : "WAITING";
  return {
    nodeId,
    nodeType,
    action: nodeType === "gateway" ? "GATEWAY" : "EXECUTE",
    timestamp,
    result: {
      nodeId,
      type: nodeType,
      status,
      output: step.output ?? null,
      timestamp,
      ...(step.error && { error: step.error.message }),
    },
  };
}

function typeOf({ type, output }: StepView): string {
  const isRules = isObject(output ?? null) && Object.hasOwn(output as object, "validationPassed");
  return isRules ? "businessRuleTask" : (TYPES[type] ?? type);
}

function tokensOf(steps: readonly StepView[], open: readonly StepView[]): JsonObject {
  const active = open.map(({ id, node, status }) => ({
    id,
    position: originalId(node),
    status: status === "waiting" ? "waiting" : "active",
  }));
  const waiting = active.filter(({ status }) => status === "waiting").length;
  return {
    stats: {
      total: steps.length,
      active: active.length - waiting,
      waiting,
      completed: steps.length - open.length,
    },
    active,
  };
}

/** What a person is asked, as it stands in a list of tasks. */
export function taskDataOf(task: TaskView): JsonObject {
  const asked = [...task.assignees, ...task.groups];
  const { fields = null } = isObject(task.ui) ? task.ui : {};
  return {
    taskId: task.id,
    taskName: task.title,
    assignedTo: asked.length > 0 ? asked.join(", ") : "unassigned",
    priority: task.priority > 0 ? "high" : task.priority < 0 ? "low" : "medium",
    instructions: task.description,
    formRequired: true,
    formMetadata: null,
    fields: fields ?? fieldsOf(task.schema),
    status: "PENDING",
  };
}

/** Of a form that was not imported. */
function fieldsOf(schema: Json): Json {
  const { properties = null, required = null } = isObject(schema) ? schema : {};
  const wanted: readonly Json[] = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, field]) => ({
    name,
    type: isObject(field) ? (field["type"] ?? "text") : "text",
    label: isObject(field) ? (field["title"] ?? name) : name,
    required: wanted.includes(name),
  }));
}
