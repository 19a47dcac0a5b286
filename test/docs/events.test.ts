import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { EventView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { ROOT } from "../architecture/source.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";
import { documentOf } from "./document.ts";
import { eventsOf, examplesIn, play } from "./workflow-examples.ts";

type Member = Readonly<{ name: string; isSure: boolean }>;

const text = readFileSync(`${ROOT}/docs/events.md`, "utf8");
const language = readFileSync(`${ROOT}/docs/workflow-language.md`, "utf8");
const ofSteps = membersIn(text.split(/^## /m)[0] ?? "").map((member) => member.name);
const sections = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.split("\n")[0] ?? "", section] as const),
);

/** Rows of the tables, with whether the member is always there. */
function membersIn(section: string): readonly Member[] {
  const [ours = ""] = section.split(/^## /m);
  return [...ours.matchAll(/^\| `(\w+)` \| *(maybe)?/gm)].map(([, name = "", maybe]) => ({
    name,
    isSure: maybe === undefined,
  }));
}

/** The names in the source of the union, which no value has at run time. */
function typesOfEvents(): readonly string[] {
  const files = ["event.ts", "fork.ts", "hold.ts", "task-event.ts"];
  const source = files.map((file) => readFileSync(`${ROOT}/core/kernel/${file}`, "utf8")).join("");
  return [...source.matchAll(/\btype: "([a-z.]+)"/g)].map(([, type]) => type ?? "");
}

/** A call whose answer was lost, and a tool that knows what came of it. */
async function lookedUp(): Promise<readonly EventView[]> {
  const one = house({
    call({ tool }) {
      if (tool.name === "echo") return { status: "succeeded", output: "paid" };
      throw new CallFailure("NETWORK", "the answer was lost", { retryable: true });
    },
  });
  const onUnknown = { reconcile: "echo" };
  const pay = { id: "pay", type: "tool", tool: "fail", delivery: "at-most-once", onUnknown };
  await one.publish({ name: "looked-up", nodes: [pay], edges: [] });
  const key = await one.start("looked-up");
  await one.drive(key);
  return eventsOf(one, key);
}

/** A run that is booked, and then has to stand in line. */
async function inLine(): Promise<readonly EventView[]> {
  let at = Date.parse("2027-01-31T12:00:00Z");
  const one = house({ now: () => at });
  const waits = { id: "w", type: "wait", event: { name: "go" } };
  await one.publish({ name: "line", nodes: [waits], edges: [], concurrency: { limit: 1 } });
  const booked = await one.start("line", { startAt: "2027-01-31T13:00:00Z", priority: 5 });
  const first = await one.start("line");
  at += 3_600_000;
  await one.drive(booked);
  await one.engine.runs.cancel(ADMIN, first.runId);
  return eventsOf(one, booked);
}

/** A run that is forked, and whose fork is too large to be forked in its own log. */
async function forkedTwice(): Promise<readonly EventView[]> {
  const one = house();
  const waits = { id: "w", type: "wait", event: { name: "go" } };
  await one.publish({ name: "forked", vars: { n: "{% 1 %}" }, nodes: [waits], edges: [] });
  const first = await one.start("forked");
  const made: EventView[] = [];
  for (const n of [2, "x".repeat(90_000)]) {
    const request = { at: 1, patch: { vars: { n } } };
    const small = await one.engine.history.fork(ADMIN, first.runId, request);
    if (!small.ok) throw new Error(small.refusal.message);
    const { id } = small.value.run;
    const again = await one.engine.history.fork(ADMIN, id, { at: 2 });
    if (!again.ok) throw new Error(again.refusal.message);
    for (const runId of [id, again.value.run.id]) {
      made.push(...(await eventsOf(one, { tenant: ADMIN.tenant, runId })));
    }
  }
  return made;
}

/** A call that hangs until the test ends it. */
function hanging() {
  const { promise: called, resolve: hangs } = Promise.withResolvers<void>();
  const { promise, resolve: answer, reject: fail } = Promise.withResolvers<Json>();
  const call = () => {
    hangs();
    return promise;
  };
  return { call, called, answer, fail };
}

/** A run whose call is made three times, and answered late twice. */
async function lateAnswers(): Promise<readonly EventView[]> {
  let at = Date.parse("2027-01-31T12:00:00Z");
  const now = () => at;
  const table = memoryTable();
  const [one, two] = [hanging(), hanging()];
  const first = house({ table, now, call: one.call });
  const second = house({ table, now, call: two.call });
  const third = house({ table, now });
  await first.publish({
    name: "late",
    nodes: [
      { id: "call", type: "tool", tool: "echo" },
      { id: "hold", type: "wait", event: { name: "go", key: "1" } },
    ],
    edges: [{ from: "call", to: "hold" }],
  });
  const actor = { kind: "person", id: "ada@example.com" };
  const callback = { url: "https://example.com/done" };
  const more = { tags: { a: "b" }, deadline: "2099-01-01", actor, callback };
  const key = await first.start("late", more);
  const drives = [first.drive(key)];
  await one.called;
  drives.push(second.drive(key));
  await two.called;
  await third.drive(key);
  at += 1_000;
  await third.drive(key);
  one.answer("late");
  two.fail(new Error("late"));
  await Promise.all(drives);
  await third.engine.runs.cancel(ADMIN, key.runId, "enough");
  return eventsOf(third, key);
}

/** A form that goes from one to the other. */
async function passedOn(): Promise<readonly EventView[]> {
  const at = house();
  await at.publish({ name: "form", nodes: [{ id: "fill", type: "form", groups: ["desk"] }] });
  const key = await at.start("form");
  const task = (await at.read(key)).waitingOn[0]?.task ?? "";
  const { tasks } = at.engine;
  await tasks.claim(ADMIN, task, "ada@example.com");
  await tasks.release(ADMIN, task, "ada@example.com");
  await tasks.reassign(ADMIN, task, { assignees: ["bob@example.com"] });
  await tasks.complete(ADMIN, task, { data: { approved: true }, as: "bob@example.com" });
  return eventsOf(at, key);
}

/** A run that is asked about and cancelled, and one that nobody decides in time. */
async function openTasks(): Promise<readonly EventView[]> {
  let now = Date.parse("2027-01-31T12:00:00Z");
  const at = house({ now: () => now });
  const node = { id: "ask", type: "approval", description: "Please", due: "P1D" };
  await at.publish({ name: "ask", nodes: [{ ...node, quorum: 2 }] });
  const [cancelled, expired] = [await at.start("ask"), await at.start("ask")];
  const [open] = (await at.read(cancelled)).waitingOn;
  const request = { decision: "approved", as: "ada@example.com", comment: "Yes", edits: { a: 1 } };
  await at.engine.tasks.decide(ADMIN, open?.task ?? "", request);
  const sent = { name: "early", key: "1", payload: 1, id: "s-1" };
  await at.engine.runs.signal(ADMIN, cancelled.runId, sent);
  await at.engine.runs.cancel(ADMIN, cancelled.runId);
  now += 86_400_000;
  await at.drive(expired);
  return [...(await eventsOf(at, cancelled)), ...(await eventsOf(at, expired))];
}

/** A run that operators take in hand. */
async function takenInHand(): Promise<readonly EventView[]> {
  const at = house();
  const wait = { id: "wait", type: "wait", event: { name: "go" }, assign: { a: "{% $output %}" } };
  const hold = { id: "hold", type: "wait", event: { name: "go" } };
  const edges = [{ from: "wait", to: "hold" }];
  await at.publish({ name: "hands", nodes: [wait, hold], edges });
  const { runId } = await at.start("hands");
  const { control } = at.engine;
  const reason = "by hand";
  await control.patch(ADMIN, runId, { vars: { b: 1 }, reason });
  await control.pause(ADMIN, runId, { reason });
  await control.resume(ADMIN, runId);
  await control.skipStep(ADMIN, runId, "wait.1", { output: 1, reason });
  await control.cancelStep(ADMIN, runId, "hold.1", { reason });
  return eventsOf(at, { tenant: ADMIN.tenant, runId });
}

/** A run that is cancelled, and cannot undo what it did. */
async function notUndone(): Promise<readonly EventView[]> {
  const call = async ({ tool }: { tool: { name: string } }) => {
    if (tool.name === "fail") throw new Error("no");
    return null;
  };
  const at = house({ call });
  await at.publish({
    name: "undo",
    nodes: [
      { id: "book", type: "tool", tool: "echo", compensate: "leave" },
      { id: "wait", type: "wait", for: "P1D" },
      { id: "leave", type: "tool", tool: "fail" },
    ],
    edges: [{ from: "book", to: "wait" }],
  });
  const key = await at.start("undo");
  await at.drive(key);
  await at.engine.runs.cancel(ADMIN, key.runId, "by hand", true);
  await at.drive(key);
  return eventsOf(at, key);
}

/** Runs that failed for several reasons, and were retried. */
async function retried(): Promise<readonly EventView[]> {
  let now = Date.parse("2027-01-31T12:00:00Z");
  const at = house({ now: () => now });
  const wait = { id: "wait", type: "wait", event: { name: "go" } };
  await at.publish({ name: "vars", vars: { n: "{% $number($input) %}" }, nodes: [wait] });
  await at.publish({ name: "late", limits: { deadline: "P1D" }, nodes: [wait] });
  const [vars, late] = [await at.start("vars", { input: "x" }), await at.start("late")];
  now += 86_400_000;
  await at.drive(late);
  await at.engine.runs.retry(ADMIN, vars.runId);
  await at.engine.runs.retry(ADMIN, late.runId, "wait");
  return [...(await eventsOf(at, vars)), ...(await eventsOf(at, late))];
}

/** A run that is at a call that failed, and at a wait, and goes on under another version. */
async function migrated(): Promise<readonly EventView[]> {
  const at = house({ call: () => Promise.reject(new Error("no")) });
  const document = (wait: string, input: number) => ({
    name: "moves",
    nodes: [
      { id: "go", type: "set", split: "all" },
      { id: wait, type: "wait", event: { name: "go" } },
      { id: "call", type: "tool", tool: "echo", with: input },
    ],
    edges: [
      { from: "go", to: wait },
      { from: "go", to: "call" },
    ],
  });
  await at.publish(document("one", 1));
  const key = await at.start("moves");
  await at.drive(key);
  await at.publish(document("two", 2));
  const request = { version: 2, map: { one: "two" }, reopen: ["one"], reason: "by hand" };
  const done = await at.engine.control.migrate(ADMIN, key.runId, request);
  if (!done.ok) throw new Error(JSON.stringify(done.refusal));
  return eventsOf(at, key);
}

/** A run that starts two others, one in a version of its choice; and those that it starts. */
async function pinnedChild(): Promise<readonly EventView[]> {
  const at = house();
  await at.publish({ name: "child", nodes: [{ id: "say", type: "set" }] });
  const sub = { id: "sub", type: "subflow", workflow: "child", version: 1, mode: "async" };
  const awaited = { id: "awaited", type: "subflow", workflow: "child" };
  const edges = [{ from: "awaited", to: "sub" }];
  await at.publish({ name: "parent", nodes: [awaited, sub], edges });
  const key = await at.start("parent");
  await at.drive(key);
  const children = await at.engine.runs.list(ADMIN, { parent: key.runId }, { limit: 10 });
  if (!children.ok) throw new Error(children.refusal.message);
  const runs = [key, ...children.value.data.map(({ id }) => ({ ...key, runId: id }))];
  return (await Promise.all(runs.map((run) => eventsOf(at, run)))).flat();
}

/** A parent that is paused, and retried, and cancelled, with its child; one fails while paused. */
async function withChildren(): Promise<readonly EventView[]> {
  const at = house();
  const say = { id: "say", type: "tool", tool: "echo" };
  const undone = { ...say, id: "book", compensate: "say" };
  const hold = { id: "hold", type: "approval" };
  await at.publish({ name: "child", nodes: [hold] });
  await at.publish({ name: "parent", nodes: [{ id: "sub", type: "subflow", workflow: "child" }] });
  const edges = [{ from: "book", to: "hold" }];
  await at.publish({ name: "undo", nodes: [undone, hold, say], edges });
  const key = await at.start("parent");
  const settle = async (run = key) => {
    at.woken.push(run);
    for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
  };
  await settle();
  const { control, runs, tasks } = at.engine;
  const rejects = async (runId: string) => {
    const open = await tasks.list(ADMIN, { run: runId, status: "open" }, { limit: 1 });
    await tasks.decide(ADMIN, open.data[0]?.id ?? "", { decision: "rejected", as: "ada@x.test" });
  };
  const listed = await runs.list(ADMIN, { parent: key.runId }, { limit: 1 });
  const child = { ...key, runId: listed.ok ? (listed.value.data[0]?.id ?? "") : "" };
  await control.pause(ADMIN, key.runId, {});
  await settle();
  await control.resume(ADMIN, key.runId);
  await settle();
  await rejects(child.runId);
  await settle(child);
  await runs.retry(ADMIN, key.runId);
  await settle();
  await runs.cancel(ADMIN, key.runId, "enough", true);
  const paused = await at.start("undo");
  await settle(paused);
  await control.pause(ADMIN, paused.runId, {});
  await rejects(paused.runId);
  return (await Promise.all([key, child, paused].map((run) => eventsOf(at, run)))).flat();
}

describe("the document of events", () => {
  let events: readonly EventView[] = [];
  beforeAll(async () => {
    const played = await Promise.all(examplesIn(language).map(play));
    const others = await Promise.all([
      lateAnswers(),
      openTasks(),
      passedOn(),
      retried(),
      takenInHand(),
      notUndone(),
      migrated(),
      pinnedChild(),
      withChildren(),
      inLine(),
      lookedUp(),
      forkedTwice(),
    ]);
    events = [...played.flatMap((one) => one.events), ...others.flat()];
  });

  test("has a heading for each type of event, and for nothing else", () => {
    const headings = documentOf("docs/events.md", text).headings;
    const types = headings.filter(({ level }) => level === 3).map(({ title }) => title);

    expect(types.toSorted()).toEqual(typesOfEvents().toSorted());
  });

  test.each(typesOfEvents())("names each member that a real %s has", (type) => {
    const members = membersIn(sections.get(type) ?? "");
    const isOfStep = /^(?:step|timer|task|tool|child)\./.test(type);
    const named = new Set([...members.map(({ name }) => name), ...(isOfStep ? ofSteps : [])]);
    const real = events.filter((event) => event.type === type);

    expect(real).not.toEqual([]);
    const shown = new Set(real.flatMap(({ data }) => Object.keys(data)));
    expect([...shown].filter((name) => !named.has(name))).toEqual([]);
  });

  test.each(typesOfEvents())("marks as maybe what not every %s has", (type) => {
    const sure = membersIn(sections.get(type) ?? "").filter(({ isSure }) => isSure);
    const real = events.filter((event) => event.type === type);
    const missing = real.flatMap(({ data }) =>
      sure.filter(({ name }) => !Object.hasOwn(data, name)).map(({ name }) => name),
    );

    expect(missing).toEqual([]);
  });

  test("names no member that no event has, but for what this version cannot show", () => {
    const seen = new Set(
      events.flatMap(({ type, data }) => Object.keys(data).map((name) => `${type} ${name}`)),
    );
    const named = [...sections].flatMap(([type, section]) =>
      membersIn(section).map(({ name }) => `${type} ${name}`),
    );

    expect(named.filter((one) => !seen.has(one))).toEqual([]);
  });

  test("gives each step, timer and task the four members of a step", () => {
    const ofStep = events.filter(({ type }) => /^(?:step|timer|task|tool|child)\./.test(type));

    expect(ofSteps).toEqual(["step", "node", "visit", "attempt"]);
    expect(ofStep.filter(({ data }) => ofSteps.some((name) => !(name in data)))).toEqual([]);
  });
});
