import { isDeepStrictEqual } from "node:util";
import type { Event, EventOf } from "../../core/kernel/event.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import { hasEnded, isOwed, nextDue, type Run, tokensOf, unstarted } from "../../core/kernel/run.ts";
import type { Item, Operation } from "../../core/ports/table.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { commitOf } from "../../core/store/commit.ts";
import { taskOf } from "../../core/store/task-rows.ts";

/** What the log has, as somebody saw who stood beside the table. */
export type Witness = Readonly<{
  /** What must never have happened, and did. */
  violations: string[];
  runs: ReadonlyMap<string, Run>;
  /** One line per commit, in the order in which they were made. */
  trace: readonly string[];
  events(run: string): readonly Event[];
  saw(operations: readonly Operation[]): void;
  /** A tool is called just now. */
  called(call: ToolCall): void;
  /** A tool has answered, and not failed. */
  answered(call: ToolCall): void;
  calls: readonly ToolCall[];
}>;

type Started = EventOf<"step.started">;

/** What may be written of a run that has ended: a late answer, and what mends a failed one. */
function mayFollow({ status }: Run, events: readonly Event[]): boolean {
  if (events.every(({ type }) => type === "tool.returned")) return true;
  const first = events[0]?.type ?? "";
  return status === "failed" && (first === "run.resumed" || first === "vars.patched");
}

/** Watches every write and every call, and holds them against what Holdfast promises. */
export function witness(): Witness {
  const violations: string[] = [];
  const runs = new Map<string, Run>();
  const logs = new Map<string, Event[]>();
  const heads = new Map<string, Item>();
  /** Starts by key and attempt, and the step that a key belongs to. */
  const started = new Map<string, Started>();
  const steps = new Map<string, string>();
  const keys = new Map<string, string>();
  /** The key of each step that calls a tool. */
  const calling = new Map<string, string>();
  const calls: ToolCall[] = [];
  const made = new Set<string>();
  const answered = new Set<string>();
  /** Rows of tasks: the run of each, and whether they say that it is open. */
  const tasks = new Map<string, { run: string; isOpen: boolean }>();
  const trace: string[] = [];
  const blame = (text: string) => void violations.push(text);

  function sawCommit(item: Item): void {
    const { at, events = [], seq } = commitOf(item);
    const id = item.pk.slice(item.pk.lastIndexOf("#") + 1);
    const before = runs.get(id) ?? unstarted(item.pk.slice(0, item.pk.indexOf("#")), id);
    if (seq !== before.seq + 1) blame(`${id} has event ${seq} after event ${before.seq}`);
    if (hasEnded(before) && !mayFollow(before, events))
      blame(`${id} has ended, and then ${events[0]?.type} was committed`);
    let run = before;
    for (const event of events) {
      checkTime(id, event, run, at);
      run = evolve(run, event, at);
      sawEvent(id, event, run);
    }
    trace.push(`${at} ${id} ${seq} ${events.map(({ type }) => type).join()}`);
    runs.set(id, run);
    logs.set(id, [...(logs.get(id) ?? []), ...events]);
  }

  /** Rule 8: nothing that is due later has happened already. */
  function checkTime(id: string, event: Event, before: Run, at: number): void {
    const fires =
      event.type === "timer.fired" ||
      event.type === "task.expired" ||
      (event.type === "step.failed" && event.error.code === "TIMEOUT");
    if (!("token" in event) || !(fires || event.type === "step.started")) return;
    const { dueAt, status } = before.tokens[event.token] ?? {};
    const mustWait = status === "waiting" || status === "retrying";
    if (mustWait && dueAt !== undefined && dueAt > at) blame(`${id}/${event.step} came too early`);
  }

  function sawEvent(id: string, event: Event, run: Run): void {
    if (event.type === "step.started") sawStart(id, event, run);
    if (event.type === "step.succeeded" || event.type === "step.failed") {
      const name = `${id}/${event.step}`;
      if (steps.has(name)) blame(`${name} ended twice`);
      steps.set(name, event.type);
    }
    if (event.type === "run.resumed") {
      // What failed, and what had gone on nowhere, may end once more.
      for (const { node, visit } of tokensOf(run)) steps.delete(`${id}/${node}.${visit}`);
    }
    if (event.type === "step.succeeded") sawSuccess(id, event);
  }

  /** Rule 3: what ends a step is the outcome of its newest attempt. */
  function sawSuccess(id: string, { step, attempt }: EventOf<"step.succeeded">): void {
    const key = calling.get(`${id}/${step}`);
    if (key === undefined || answered.has(`${key}/${attempt}`)) return;
    blame(`${id}/${step} has the outcome of another attempt`);
  }

  function sawStart(id: string, event: Started, run: Run): void {
    const name = `${id}/${event.step}`;
    const { key } = run.tokens[event.token] ?? {};
    if (key === undefined || !["tool", "notify", "llm"].includes(event.kind)) return;
    const known = keys.get(key) ?? name;
    if (known !== name) blame(`${name} has the key of ${known}`);
    keys.set(key, name);
    if (event.kind !== "llm") calling.set(name, key);
    started.set(`${key}/${event.attempt}`, event);
  }

  /** Rule 4: what is due by itself, or owed to a driver, has a row that says so in time. */
  function checkDue(id: string): void {
    const run = runs.get(id);
    const head = heads.get(id);
    if (!run || !head) return;
    if (hasEnded(run)) {
      if (head.dueAt !== undefined) blame(`${id} has ended and is due`);
      return;
    }
    const due = nextDue(run);
    if (due === undefined && !isOwed(run, run.at)) return;
    const rowDue =
      head.dueAt === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(head.dueAt, 10);
    if (rowDue > (due ?? run.at + 60_000)) {
      blame(`${id} is due at ${due ?? "once"}, and its row says ${head.dueAt ?? "nothing"}`);
    }
  }

  /** A task is open in its row as long as it is open in its run. */
  function checkTasks(id: string): void {
    const run = runs.get(id);
    if (!run || hasEnded(run)) return;
    for (const [task, row] of tasks) {
      if (row.run !== id || row.isOpen === Object.hasOwn(run.tasks, task)) continue;
      blame(
        `${id}: the row of ${task} says ${row.isOpen ? "open" : "closed"}, and the log does not`,
      );
    }
  }

  return {
    violations,
    runs,
    calls,
    trace,
    events: (run) => logs.get(run) ?? [],
    saw(operations) {
      const touched = new Set<string>();
      for (const operation of operations) {
        if (operation.type !== "put") continue;
        const { item } = operation;
        if (item.sk === "task") {
          const { runId, status } = taskOf(item);
          tasks.set(String(item["task"]), { run: runId, isOpen: status === "open" });
          touched.add(runId);
          continue;
        }
        if (item.sk.startsWith("log#")) sawCommit(item);
        else if (item.sk === "head") heads.set(String(item["run"]), item);
        else continue;
        touched.add(item.pk.slice(item.pk.lastIndexOf("#") + 1));
      }
      for (const id of touched) {
        checkDue(id);
        checkTasks(id);
      }
    },
    called(call) {
      const name = `${call.idempotencyKey}/${call.attempt}`;
      const start = started.get(name);
      if (!start) blame(`${name} is called, and no start of it is committed`);
      else if (start.input !== undefined && !isDeepStrictEqual(start.input, call.input)) {
        blame(`${name} is called with another input than was committed`);
      }
      if (made.has(name)) blame(`${name} is called twice`);
      made.add(name);
      calls.push(call);
    },
    answered({ idempotencyKey, attempt }) {
      answered.add(`${idempotencyKey}/${attempt}`);
    },
  };
}
