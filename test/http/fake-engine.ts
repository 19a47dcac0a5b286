import { WORKFLOW_NAME } from "../../core/contract/workflows.ts";
import type { Engine } from "../../core/engine/engine.ts";
import { ok, type Result, refuse } from "../../core/engine/refusal.ts";
import type {
  Caller,
  DecideRequest,
  LinkView,
  RunView,
  TaskView,
  ToolView,
  WorkflowView,
} from "../../core/engine/views.ts";
import { isObject, type JsonObject } from "../../core/kernel/json.ts";
import { schemas } from "../../wiring/schemas.ts";
import {
  fakeBulk,
  fakeControl,
  fakeDeadLetters,
  fakeHistory,
  fakeInsight,
  fakeRunControl,
} from "./fake-control.ts";
import { fakeJobs } from "./fake-jobs.ts";
import { AT, LEDGER_KEY, runOf, runSummaryOf, SIGNATURE } from "./fake-runs.ts";

export { AT, LEDGER_KEY, SIGNATURE } from "./fake-runs.ts";

/**
 * An engine in memory, with just enough behaviour to see what the door does with each answer.
 * `calls` counts what was asked to change something.
 */
export function fakeEngine() {
  const runs = new Map<string, RunView & { tenant: string }>();
  const started = new Map<string, { id: string; bodyHash: string | undefined }>();
  const workflows = new Map<string, WorkflowView>();
  const tools = new Map<string, ToolView>();
  const tasks = new Map<string, TaskView>();
  const calls: string[] = [];

  const of = (caller: Caller, id: string): Result<RunView> => {
    const run = runs.get(id);
    if (run?.tenant !== caller.tenant) return refuse("NOT_FOUND", `There is no run ${id}.`);
    const { tenant: _, ...view } = run;
    return ok(view);
  };
  const taskNamed = (id: string) => {
    const task = tasks.get(id);
    return task ? ok(task) : refuse("NOT_FOUND", `There is no task ${id}.`);
  };
  const decide = (id: string, by: string, via: "api" | "email", request: DecideRequest) => {
    calls.push(`decide ${id} ${request.decision}`);
    const task = tasks.get(id);
    if (!task) return refuse("NOT_FOUND", `There is no task ${id}.`);
    const before = task.decisions[0];
    if (before && before.decision !== request.decision) {
      const data = { decision: before.decision, decidedBy: before.by, at: before.at };
      return refuse("TASK_DECIDED", `Task ${id} was decided by ${before.by}.`, { data });
    }
    if (before) return ok(task);
    const { decision, comment } = request;
    const made = { decision, by, via, ...(comment !== undefined && { comment }), at: AT };
    const decided: TaskView = { ...task, status: "done", decision, decisions: [made] };
    tasks.set(id, decided);
    return ok(decided);
  };
  const linkOf = (token: string): Result<LinkView> => {
    const task = token === "live" ? tasks.get("task_1") : undefined;
    if (!task) return refuse("LINK_DEAD", "This link no longer works.");
    return ok({ task, approver: "ann@acme.example", nonce: "n-1", expires: AT });
  };

  const engine: Engine = {
    schedules: empty(),
    workflows: {
      publish: async (_caller, document) => {
        const name = JSON.stringify((document as JsonObject)["name"] ?? "").slice(1, -1);
        if (!WORKFLOW_NAME.test(name)) {
          const errors = [{ path: "name", code: "INVALID_NAME", message: "not a name" }];
          return refuse("INVALID_WORKFLOW", "The workflow has 1 fault.", { errors });
        }
        const created = !workflows.has(name);
        const view = { name, version: 1, hash: "abc", createdAt: AT, document } as WorkflowView;
        workflows.set(name, view);
        return ok({ name, version: 1, hash: "abc", created });
      },
      validate: async () => ({ valid: true, errors: [], warnings: [] }),
      import: async (_caller, { document, dryRun }) => {
        if (!isObject(document)) {
          const errors = [{ path: "", code: "INVALID_TYPE", message: "is no object" }];
          return refuse("NOT_IMPORTED", "The document has 1 fault.", { errors });
        }
        const published = { name: "refund", version: 1, hash: "abc", created: true };
        return ok({ document, warnings: [], ...(!dryRun && { published }) });
      },
      list: async (_caller, { cursor, limit }) => {
        const all = [...workflows.keys()].toSorted().filter((n) => !cursor || n > cursor);
        const data = all.slice(0, limit).flatMap((n) => summaryOf(workflows.get(n)));
        return { data, nextCursor: all.length > limit ? (data.at(-1)?.name ?? null) : null };
      },
      get: async (_caller, name, version = 1) => {
        const found = workflows.get(name);
        return found?.version === version ? ok(found) : refuse("NOT_FOUND", "No such workflow.");
      },
      remove: async (_caller, name) =>
        workflows.delete(name) ? ok(null) : refuse("WORKFLOW_NOT_FOUND", "There is none."),
      versions: async (_caller, name) =>
        ok({ data: summaryOf(workflows.get(name)), nextCursor: null }),
    },
    runs: {
      start: async (caller, request) => {
        const { idempotencyKey: key, bodyHash } = request;
        const before = key === undefined ? undefined : started.get(`${caller.tenant} ${key}`);
        if (before && before.bodyHash !== bodyHash) {
          return refuse("IDEMPOTENCY_KEY_REUSED", "This key came with another body.");
        }
        if (before) {
          const found = of(caller, before.id);
          return found.ok ? ok({ run: found.value, replayed: true }) : found;
        }
        calls.push(`start ${request.workflow}`);
        if (request.workflow === "unknown") return refuse("WORKFLOW_NOT_FOUND", "No such one.");
        if (request.workflow === "full") {
          return refuse("LIMIT_REACHED", "maxActiveRuns is reached.", { retryAfterMs: 4500 });
        }
        const run = runOf(request.id ?? `run_${runs.size + 1}`, request.workflow, request.input);
        runs.set(run.id, { ...run, tags: request.tags ?? {}, tenant: caller.tenant });
        if (key !== undefined) started.set(`${caller.tenant} ${key}`, { id: run.id, bodyHash });
        return ok({ run, replayed: false });
      },
      settled: async (caller, id) => {
        const found = of(caller, id);
        return found.ok ? ok({ ...found.value, status: "waiting" as const }) : found;
      },
      get: async (caller, id) => of(caller, id),
      list: async (caller, filter, { limit }) => {
        calls.push(`list ${JSON.stringify(filter)} ${limit}`);
        const mine = [...runs.values()].filter(({ tenant }) => tenant === caller.tenant);
        return ok({ data: mine.slice(0, limit).map(runSummaryOf), nextCursor: "after#1" });
      },
      steps: async (caller, id) => {
        const found = of(caller, id);
        return found.ok ? ok({ data: found.value.steps, nextCursor: null }) : found;
      },
      events: async (caller, id, query) => {
        const found = of(caller, id);
        if (!found.ok) return found;
        const seq = query.after + 1;
        const actor = { kind: "key", id: caller.keyId };
        const event = { id: `evt_${seq}`, runId: id, seq, type: "run.created", at: AT, actor };
        return ok({ data: [{ ...event, data: {} }], nextCursor: String(seq) });
      },
      signal: async (caller, id, request) => {
        const found = of(caller, id);
        if (!found.ok) return found;
        calls.push(`signal ${id} ${request.name} ${request.id ?? "-"}`);
        if (request.name === "late") return refuse("RUN_ENDED", `Run ${id} has ended.`);
        return ok({ accepted: true, duplicate: false });
      },
      respond: async (caller, id, body) => {
        calls.push(`respond ${id} ${JSON.stringify(body)}`);
        return of(caller, id);
      },
      cancel: async (caller, id, reason) => {
        calls.push(`cancel ${id} ${reason}`);
        return of(caller, id);
      },
      ...fakeControl,
      verify: async (caller, id) => {
        const found = of(caller, id);
        const [signature, anchored, errors, nextCursor] = [SIGNATURE, false, [], null] as const;
        return found.ok
          ? ok({ ok: true, count: 4, head: "abc", signature, anchored, errors, nextCursor })
          : found;
      },
    },
    ledgerKeys: async () => [LEDGER_KEY],
    artifacts: {
      get: async (_caller, id) => refuse("NOT_FOUND", `There is no artifact ${id}.`),
      content: async (_caller, id) => refuse("NOT_FOUND", `There is no artifact ${id}.`),
      ofRun: async () => ok({ data: [], nextCursor: null }),
    },
    usage: async () =>
      ok({ from: "2026-11-01", to: "2026-11-30", days: [], total: NO_USE, complete: true }),
    events: {
      send: async (_caller, { name, id = "evt_1" }) => {
        calls.push(`event ${name} ${id}`);
        return ok({ id, delivered: 0, buffered: true });
      },
    },
    tasks: {
      list: async () => ({ data: [...tasks.values()], nextCursor: null }),
      get: async (_caller, id) => {
        const task = tasks.get(id);
        return task ? ok(task) : refuse("NOT_FOUND", `There is no task ${id}.`);
      },
      complete: async (_caller, id, { data }) => {
        calls.push(`complete ${id} ${JSON.stringify(data)}`);
        return taskNamed(id);
      },
      claim: async (_caller, id) => taskNamed(id),
      release: async (_caller, id) => taskNamed(id),
      reassign: async (_caller, id) => taskNamed(id),
      decide: async (caller, id, request) =>
        decide(id, caller.person ?? caller.keyId, "api", request),
    },
    links: {
      view: async (token) => linkOf(token),
      complete: async (token, { data, nonce, isWhole = true }) => {
        const link = linkOf(token);
        if (!link.ok) return link;
        if (nonce !== "n-1") return refuse("NONCE_INVALID", "The nonce is not ours.");
        const { schema } = link.value.task;
        const errors = isObject(schema) ? schemas.validate(schema, data, "data") : [];
        if (errors.length > 0 || !isWhole) {
          return refuse("INVALID_FORM", "It does not fit.", { errors });
        }
        calls.push(`answer ${JSON.stringify(data)}`);
        const task = { ...link.value.task, status: "done" as const, data };
        tasks.set("task_1", task);
        return ok({ ...link.value, task, tenant: "acme" });
      },
      decide: async (token, { nonce, ...request }) => {
        const link = linkOf(token);
        if (!link.ok) return link;
        const decided = link.value.task.decisions[0];
        if (!decided && nonce !== "n-1") return refuse("NONCE_INVALID", "The nonce is not ours.");
        const result = decide("task_1", link.value.approver, "email", request);
        return result.ok ? ok({ ...link.value, task: result.value, tenant: "acme" }) : result;
      },
    },
    jobs: fakeJobs,
    control: fakeRunControl,
    history: fakeHistory,
    bulk: fakeBulk,
    insight: fakeInsight,
    deadLetters: fakeDeadLetters,
    tools: {
      list: async () => ({ data: [...tools.values()], nextCursor: null }),
      get: async (_caller, name) => {
        const tool = tools.get(name);
        return tool ? ok(tool) : refuse("NOT_FOUND", `There is no tool ${name}.`);
      },
      put: async (_caller, name, tool) => {
        tools.set(name, { ...tool, name });
        return ok({ ...tool, name });
      },
      remove: async (_caller, name) =>
        tools.delete(name) ? ok(null) : refuse("NOT_FOUND", `There is no tool ${name}.`),
    },
  };
  return { engine, calls, tasks };
}

function summaryOf(view: WorkflowView | undefined) {
  if (!view) return [];
  const { document: _, ...summary } = view;
  return [summary];
}

export function taskOf(changes: Partial<TaskView> = {}): TaskView {
  return {
    id: "task_1",
    runId: "run_0123456789abcdef",
    workflow: "refund",
    node: "check",
    kind: "approval",
    status: "open",
    title: "Refund 12 €?",
    description: "The parcel was lost.",
    preview: { order: "A-17", amount: 12, lines: [{ sku: "x" }] },
    digest: "d".repeat(64),
    options: [
      { id: "approved", label: "Approve" },
      { id: "rejected", label: "Reject" },
    ],
    quorum: 1,
    schema: null,
    ui: null,
    claimedBy: null,
    data: null,
    assignees: ["ann@acme.example"],
    groups: [],
    due: AT,
    priority: 0,
    reminders: [],
    escalation: [],
    decision: null,
    decisions: [],
    createdAt: AT,
    updatedAt: AT,
    ...changes,
  };
}

/** A room of the engine in which there is nothing. */
function empty(): never {
  const nothing = async () => refuse("NOT_FOUND", "There is nothing.");
  const list = async () => ({ data: [], nextCursor: null });
  return new Proxy({}, { get: (_, name) => (name === "list" ? list : nothing) }) as never;
}

const NO_USE = {
  runs: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  live: 0,
  steps: 0,
  inputTokens: 0,
  outputTokens: 0,
  modelUsd: 0,
  awsUsdEstimated: 0,
};
