import { BUILTINS } from "../../adapters/tools/builtins/builtins.ts";
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

/** Publishes an example and does what its story tells. What it tells wrongly is handed back. */
export async function play({ document, story }: Example): Promise<{
  wrong: readonly { told: string; is: string }[];
  events: readonly EventView[];
}> {
  let now = NOON;
  const at = house({ now: () => now, call: callBuiltin });
  await at.publish(document);
  const runs: RunKey[] = [];
  const wrong: { told: string; is: string }[] = [];
  for (const told of story) {
    const [word, rest] = parted(told);
    if (word === "start") {
      const input = rest === "" ? {} : { input: JSON.parse(rest) as Json };
      runs.push(await at.start(textOf(document["name"]), input));
    }
    const key = runs.at(-1);
    if (!key) throw new Error(`nothing was started before "${told}"`);
    if (word === "later") now += parseDuration(rest) ?? Number.NaN;
    if (word === "decide") await decide(at, key, rest);
    if (word === "signal") await signal(at, key, rest);
    if (word === "complete") await complete(at, key, rest);
    if (["start", "later", "decide", "signal", "complete"].includes(word)) {
      await at.drive(key);
      // Children, and parents that are told of their ends.
      for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
    } else {
      const is = await seen(at, key, word);
      if (is !== normal(told)) wrong.push({ told, is });
    }
  }
  const events = await Promise.all(runs.map((key) => eventsOf(at, key)));
  return { wrong, events: events.flat() };
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

/** The line as `seen` would write it: JSON without blanks of its own. */
function normal(told: string): string {
  const [word, rest] = parted(told);
  return word === "succeeded" ? `succeeded: ${JSON.stringify(JSON.parse(rest))}` : told;
}

async function seen(at: House, key: RunKey, word: string): Promise<string> {
  const run = await at.read(key);
  if (word === "steps") {
    const started = (await eventsOf(at, key)).filter(({ type }) => type === "step.started");
    return `steps: ${started.map(({ data }) => textOf(data["step"])).join(" ")}`;
  }
  if (run.status === "waiting") {
    return `waiting: ${run.waitingOn.map(({ kind }) => kind).join(" ")}`;
  }
  if (run.status === "failed") return `failed: ${run.error?.code}`;
  if (run.status === "succeeded") return `succeeded: ${JSON.stringify(run.output)}`;
  return run.status;
}

async function decide(at: House, key: RunKey, rest: string): Promise<void> {
  const [decision = "", as = ""] = rest.split(" by ");
  const open = (await at.read(key)).waitingOn.find(({ kind }) => kind === "approval");
  const decided = await at.engine.tasks.decide(ADMIN, open?.task ?? "", { decision, as });
  if (!decided.ok) throw new Error(JSON.stringify(decided.refusal));
}

/** The answer as JSON, then by whom. */
async function complete(at: House, key: RunKey, rest: string): Promise<void> {
  const [data = "", as] = rest.split(" by ");
  const open = (await at.read(key)).waitingOn.find(({ task }) => task !== undefined);
  const request = { data: JSON.parse(data) as Json, ...(as !== undefined && { as }) };
  const completed = await at.engine.tasks.complete(ADMIN, open?.task ?? "", request);
  if (!completed.ok) throw new Error(JSON.stringify(completed.refusal));
}

/** `name`, then a key, then a payload that begins as JSON does. */
async function signal(at: House, { runId }: RunKey, rest: string): Promise<void> {
  const [, name = "", key, payload] = /^(\S+)(?: ([\w-]+))?(?: ([{["].*))?$/.exec(rest) ?? [];
  const sent = await at.engine.runs.signal(ADMIN, runId, {
    name,
    ...(key !== undefined && { key }),
    ...(payload !== undefined && { payload: JSON.parse(payload) as Json }),
  });
  if (!sent.ok) throw new Error(JSON.stringify(sent.refusal));
}

export async function eventsOf(at: House, { runId }: RunKey): Promise<readonly EventView[]> {
  const events = await at.engine.runs.events(ADMIN, runId, { after: 0, limit: 1_000 });
  if (!events.ok) throw new Error(JSON.stringify(events.refusal));
  return events.value.data;
}
