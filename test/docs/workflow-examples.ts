import { BUILTINS } from "../../adapters/tools/builtins/builtins.ts";
import type { Engine } from "../../core/engine/engine.ts";
import type { Result } from "../../core/engine/refusal.ts";
import type { EventView } from "../../core/engine/views.ts";
import { parseDuration } from "../../core/kernel/duration.ts";
import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { ADMIN, type House, house } from "../support/house.ts";

export type Example = Readonly<{
  name: string;
  document: JsonObject;
  /** What the document says that happens, line by line. */
  story: readonly string[];
}>;

const NOON = Date.parse("2027-01-31T12:00:00Z");

/** Every `json` block that is a workflow, with the `text` block right after it. */
export function examplesIn(text: string): readonly Example[] {
  return [...text.matchAll(/^```json\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].flatMap(
    ([, source = "", told = ""]) => {
      const document = JSON.parse(source) as Json;
      if (!isObject(document) || !("name" in document && "nodes" in document)) return [];
      const story = told.split("\n").filter((line) => line !== "");
      return [{ name: textOf(document["name"]), document, story }];
    },
  );
}

/** Where a story is told: one process, or a world of them. */
export type Stage = Readonly<{
  /** Asks for what may be asked for twice: a start under a key, a signal of an id, a view. */
  ask<Value>(request: (engine: Engine) => Promise<Result<Value>>): Promise<Value>;
  /** Asks for what is refused the second time. */
  give(request: (engine: Engine) => Promise<Result<unknown>>): Promise<void>;
  later(ms: number): void | Promise<void>;
  /** Everything that can go on by itself has. */
  rest(run: string): Promise<void>;
  /** Whether what is listed comes in one order. */
  isOrdered: boolean;
}>;

type Told = Readonly<{ runs: readonly string[]; wrong: readonly { told: string; is: string }[] }>;

/** Publishes an example and does what its story tells. What it tells wrongly is handed back. */
export async function play(example: Example): Promise<Told & { events: readonly EventView[] }> {
  let now = NOON;
  const at = house({ now: () => now, call: callBuiltin });
  await at.publish(example.document);
  const told = await tell(example, {
    isOrdered: true,
    ask: async (request) => valueOf(await request(at.engine)),
    give: async (request) => void valueOf(await request(at.engine)),
    later: (ms) => {
      now += ms;
    },
    async rest(runId) {
      await at.drive({ tenant: ADMIN.tenant, runId });
      // Children, and parents that are told of their ends.
      for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
    },
  });
  const events = await Promise.all(
    told.runs.map((runId) => eventsOf(at, { tenant: ADMIN.tenant, runId })),
  );
  return { ...told, events: events.flat() };
}

/** Does what the story tells, line by line. */
export async function tell({ document, story }: Example, stage: Stage): Promise<Told> {
  const runs: string[] = [];
  const wrong: { told: string; is: string }[] = [];
  for (const [line, told] of story.entries()) {
    const [word, rest] = parted(told);
    const act = ACTS[word];
    if (word === "start") {
      const input = rest === "" ? {} : { input: JSON.parse(rest) as Json };
      const key = { idempotencyKey: `start-${line}`, bodyHash: rest };
      const request = { workflow: textOf(document["name"]), ...input, ...key };
      runs.push((await stage.ask((engine) => engine.runs.start(ADMIN, request))).run.id);
    }
    const run = runs.at(-1);
    if (run === undefined) throw new Error(`nothing was started before "${told}"`);
    if (act) await act(stage, run, rest, line);
    if (act || word === "start") await stage.rest(run);
    else {
      const is = await seen(stage, run, word, rest);
      const normal = normalOf(told, stage.isOrdered);
      if (is !== normal) wrong.push({ told, is });
    }
  }
  return { runs, wrong };
}

async function callBuiltin(...[call, abort]: Parameters<NonNullable<Call>>): Promise<Json> {
  const builtin = BUILTINS.get(call.tool.name);
  if (!builtin) throw new Error(`no tool ${call.tool.name} comes with the runtime`);
  return builtin.run(call.input, abort);
}
type Call = NonNullable<Parameters<typeof house>[0]>["call"];

export function textOf(value: Json | undefined): string {
  if (typeof value !== "string") throw new Error(`${JSON.stringify(value)} is no text`);
  return value;
}

function parted(line: string): readonly [string, string] {
  const [, word = "", rest = ""] = /^(\w+)(?:: (.*))?$/.exec(line) ?? [];
  return [word, rest];
}

const LISTS = new Set(["steps", "waiting", "cancelled"]);

/** The line as `seen` would write it: JSON without blanks of its own. */
function normalOf(told: string, isOrdered: boolean): string {
  const [word, rest] = parted(told);
  if (word === "succeeded") return `succeeded: ${JSON.stringify(JSON.parse(rest))}`;
  return LISTS.has(word) && rest !== "" ? listed(word, rest.split(" "), isOrdered) : told;
}

/** Where there is no order, what is repeated after a crash counts once. */
function listed(word: string, names: readonly string[], isOrdered: boolean): string {
  const list = isOrdered || word === "waiting" ? names : [...new Set(names)].toSorted();
  return `${word}: ${list.join(" ")}`;
}

async function seen({ ask, isOrdered }: Stage, id: string, word: string, rest: string) {
  const type = { steps: "step.started", cancelled: "step.cancelled" }[word];
  if (type !== undefined && rest !== "") {
    const page = { after: 0, type, limit: 1_000 };
    const { data: events } = await ask((engine) => engine.runs.events(ADMIN, id, page));
    const names = events.map(({ data }) => textOf(data["step"]));
    return listed(word, names, isOrdered);
  }
  const run = await ask((engine) => engine.runs.get(ADMIN, id));
  if (run.status === "waiting") {
    const kinds = run.waitingOn.map(({ kind }) => kind);
    return listed("waiting", kinds, isOrdered);
  }
  if (run.status === "failed") return `failed: ${run.error?.code}`;
  if (run.status === "succeeded") return `succeeded: ${JSON.stringify(run.output)}`;
  return run.status;
}

type Act = (stage: Stage, run: string, rest: string, line: number) => Promise<unknown>;

/** What may happen to a run, by the word that tells it. */
const ACTS: Readonly<Record<string, Act>> = {
  later: async (stage, _, rest) => stage.later(parseDuration(rest) ?? Number.NaN),

  async decide(stage, run, rest) {
    const [decision = "", as = ""] = rest.split(" by ");
    const task = await openTask(stage, run, "approval");
    await stage.give((engine) => engine.tasks.decide(ADMIN, task, { decision, as }));
  },

  /** The answer as JSON, then by whom. */
  async complete(stage, run, rest) {
    const [data = "", as] = rest.split(" by ");
    const task = await openTask(stage, run);
    const request = { data: JSON.parse(data) as Json, ...(as !== undefined && { as }) };
    await stage.give((engine) => engine.tasks.complete(ADMIN, task, request));
  },

  /** `name`, then a key, then a payload that begins as JSON does. */
  async signal(stage, run, rest, line) {
    const [, name = "", key, payload] = /^(\S+)(?: ([\w-]+))?(?: ([{["].*))?$/.exec(rest) ?? [];
    const request = {
      id: `line-${line}`,
      name,
      ...(key !== undefined && { key }),
      ...(payload !== undefined && { payload: JSON.parse(payload) as Json }),
    };
    await stage.ask((engine) => engine.runs.signal(ADMIN, run, request));
  },

  cancel: (stage, run) => stage.give((engine) => engine.runs.cancel(ADMIN, run)),

  withdraw: (stage, run, step) =>
    stage.give((engine) => engine.control.cancelStep(ADMIN, run, step, {})),
};

async function openTask(stage: Stage, run: string, kind?: string): Promise<string> {
  const { waitingOn } = await stage.ask((engine) => engine.runs.get(ADMIN, run));
  const open = waitingOn.find((one) => one.task !== undefined && (kind ?? one.kind) === one.kind);
  return open?.task ?? "";
}

export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export async function eventsOf(at: House, { runId }: RunKey): Promise<readonly EventView[]> {
  const page = { after: 0, limit: 1_000 };
  return valueOf(await at.engine.runs.events(ADMIN, runId, page)).data;
}
