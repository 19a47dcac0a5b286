import type { Task } from "../http/wire.ts";
import { type Call, type Command, jsonIn, needed, UsageError } from "./command.ts";

const WHO = { as: "the person for whom the key decides", comment: "kept on record" };

const tasks: Command = {
  takes: "",
  does: "lists what people are asked",
  options: { run: "of one run", status: "open unless said" },
  async run({ holdfast, options, say }) {
    const { run, status = "open" } = options;
    const query = { status: status as Task["status"], ...(run !== undefined && { run }) };
    const page = await holdfast.tasks.list(query).page();
    say(page.data.map(lineOf).join("\n"), page);
    return true;
  },
};

const approve: Command = {
  takes: "TASK",
  does: "approves; TASK may be the run, when it waits for one approval",
  options: { ...WHO, decision: "another option than approved" },
  run: (call) => decided(call, call.options["decision"] ?? "approved"),
};

const reject: Command = {
  takes: "TASK",
  does: "rejects",
  options: WHO,
  run: (call) => decided(call, "rejected"),
};

const complete: Command = {
  takes: "TASK DATA",
  does: 'fills in a form, or answers a question with {"response": …}; DATA is JSON, or @FILE',
  options: { as: WHO.as },
  async run({ holdfast, args, options, say, read }) {
    const data = await jsonIn(needed(args, 1), read);
    const as = options["as"];
    const about = { data, ...(as !== undefined && { as }) };
    const task = await holdfast.tasks.complete(needed(args, 0), about);
    say(lineOf(task), task);
    return true;
  },
};

async function decided(call: Call, decision: string): Promise<boolean> {
  const { as, comment } = call.options;
  const task = await call.holdfast.tasks.decide(await taskOf(call), {
    decision,
    ...(as !== undefined && { as }),
    ...(comment !== undefined && { comment }),
  });
  call.say(lineOf(task), task);
  return true;
}

/** A task by its own id, or the only approval that a run waits for. */
async function taskOf({ holdfast, args }: Call): Promise<string> {
  const id = needed(args, 0);
  if (!id.startsWith("run_")) return id;
  const { waitingOn } = await holdfast.runs.get(id);
  const [task, other] = waitingOn.filter(({ kind }) => kind === "approval");
  if (task?.task === undefined) throw new UsageError(`run ${id} waits for no approval`);
  if (other) throw new UsageError(`run ${id} waits for several approvals: name one of the tasks`);
  return task.task;
}

function lineOf(task: Task): string {
  const who = [...task.assignees, ...task.groups].join(", ");
  const asked = who && ` (${who})`;
  return `${task.id} ${task.kind} ${task.decision ?? task.status}: ${task.title}${asked}`;
}

export const taskCommands = { tasks, approve, reject, complete };
