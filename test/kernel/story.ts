import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Command, Outcome } from "../../core/kernel/command.ts";
import { decide } from "../../core/kernel/decide.ts";
import type { Decision } from "../../core/kernel/decision.ts";
import type { Context, ToolFacts } from "../../core/kernel/draft.ts";
import type { Event, EventOf } from "../../core/kernel/event.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import type { Instant, Json, JsonObject } from "../../core/kernel/json.ts";
import {
  hasEnded,
  isOwed,
  type Run,
  startName,
  type Token,
  tokensOf,
  unstarted,
} from "../../core/kernel/run.ts";
import { waitingOn } from "../../core/kernel/waiting-on.ts";
import { contextOf, NOW, TOOL } from "../support/given.ts";
import { type Sketch } from "../support/given-sketch.ts";

export type Options = Readonly<{
  input?: Json;
  tools?: Readonly<Record<string, ToolFacts>>;
  effectsMax?: number;
  deadline?: Instant;
  /** What scripts and tables come to. */
  found?: NonNullable<Context["found"]>;
  /** Commands are given one by one: nothing is driven unless the test says so. */
  undriven?: boolean;
}>;

export type Story = Awaited<ReturnType<typeof story>>;

/**
 * A run told command by command, as an engine would, without an engine.
 *
 * Each commit is held against what must be true of any: the decision can be made again, the log as
 * it is stored folds to the decision's run, nothing that was handed in was changed.
 */
export async function story(sketch: Sketch, options: Options = {}) {
  const tools = options.tools ?? { charge: TOOL, ship: TOOL, flaky: TOOL };
  const { found = () => undefined } = options;
  const context = contextOf(sketch, { tools, found, hash: sha256 });
  const log: { at: Instant; events: readonly Event[] }[] = [];
  let run = frozen(unstarted("acme", "run-1"));
  let now = NOW;
  let mine = new Set<string>();

  const driver = () => ({ mine, effectsMax: options.effectsMax ?? 64 });

  /** Gives one command and drives nothing. */
  async function give(command: Command): Promise<Decision> {
    const decision = await decideTwice(run, command, { ...context, now });
    if (decision.type === "rejected") return decision;
    checkCommit(run, decision);
    if (decision.events.length > 0) log.push({ at: decision.at, events: decision.events });
    run = frozen(decision.run);
    if ("driver" in command && command.driver && run.status !== "paused") {
      mine = new Set(tokensOf(run).filter(isRunning).map(startName));
    }
    return decision;
  }

  async function drive(): Promise<void> {
    for (let turns = 0; turns < 1_000; turns++) {
      const decision = await give({ type: "run.advance", driver: driver() });
      if (decision.type === "rejected" || decision.events.length === 0) return;
      if (!tokensOf(run).some(({ status }) => status === "ready")) return;
    }
    throw new Error("the run is never done with what it can do by itself");
  }

  async function tell(command: Command): Promise<Decision> {
    const decision = await give(command);
    if (!options.undriven && isOwed(run, now)) await drive();
    return decision;
  }

  function tokenAt(node: string, status: Token["status"]): Token {
    const token = tokensOf(run).find((one) => one.node === node && one.status === status);
    if (token) return token;
    throw new Error(`no ${status} token at ${node}: ${JSON.stringify(tokensOf(run))}`);
  }

  async function settle(...outcomes: readonly Outcome[]): Promise<void> {
    await tell({ type: "step.settle", outcomes, driver: driver() });
  }

  await tell({
    type: "run.create",
    id: "run-1",
    tenant: "acme",
    seed: "seed",
    input: options.input ?? null,
    tags: {},
    ...(options.deadline !== undefined && { deadline: options.deadline }),
  });

  return {
    context,
    log,
    give,
    drive,
    tell,
    settle,
    get run() {
      return run;
    },
    get now() {
      return now;
    },
    tokenAt,
    startAt: (node: string): Outcome => outcomeOf(tokenAt(node, "running"), null),
    /** The call at the node answers. */
    works: (node: string, output: Json = null) =>
      settle(outcomeOf(tokenAt(node, "running"), output)),
    /** The call at the node fails; by default so that it may be tried again. */
    breaks: (node: string, code = "HTTP_503", more: Partial<Failure> = {}) =>
      settle(failureOf(tokenAt(node, "running"), code, more)),
    /** The worker is gone, and another one comes. */
    async crashes(): Promise<void> {
      mine = new Set();
      await drive();
    },
    /** Time passes, and nobody looks. */
    later(ms: number): void {
      now += ms;
    },
    /** Time passes, and somebody looks at the run. */
    async passes(ms: number): Promise<void> {
      now += ms;
      await tell({ type: "run.advance" });
    },
    signal: (name: string, payload: Json = null, more: { key?: string; id?: string } = {}) =>
      tell({ type: "run.signal", name, payload, ...more }),
    decides: (decision: string, by: string, more: Partial<Decide> = {}) => {
      const [task] = Object.keys(run.tasks);
      const ids = { task: task ?? "none", decision, by, via: "api" } as const;
      return tell({ type: "task.decide", ...ids, ...more });
    },
    cancels: (reason?: string) =>
      tell({ type: "run.cancel", ...(reason !== undefined && { reason }) }),
    undoes: (reason?: string) =>
      tell({ type: "run.cancel", compensate: true, ...(reason !== undefined && { reason }) }),
    pauses: () => tell({ type: "run.pause" }),
    resumes: () => tell({ type: "run.resume" }),
    skips: (step: string, output: Json) => tell({ type: "step.skip", step, output }),
    cancelsStep: (step: string) => tell({ type: "step.cancel", step }),
    patches: (vars: JsonObject) => tell({ type: "vars.patch", vars }),
    retries: (node?: string) => tell({ type: "run.retry", ...(node !== undefined && { node }) }),
    events: () => log.flatMap(({ events }) => events),
    of: <Type extends Event["type"]>(type: Type) =>
      log.flatMap(({ events }) => events).filter((one) => one.type === type) as EventOf<Type>[],
    /** The steps in the order in which they were first started. */
    steps: () =>
      log.flatMap(({ events }) =>
        events.flatMap((event) =>
          event.type === "step.started" && event.attempt === 1 ? [event.step] : [],
        ),
      ),
    /** Nodes at which a call is in flight, in the order of their tokens. */
    calling: () =>
      tokensOf(run)
        .filter(isRunning)
        .map(({ node }) => node),
  };
}

type Failure = Extract<Outcome, { ok: false }>;
type Decide = Extract<Command, { type: "task.decide" }>;

function isRunning({ status }: Token): boolean {
  return status === "running";
}

export function outcomeOf({ id, node, visit, attempt }: Token, output: Json): Outcome {
  return { token: id, node, visit, attempt, ok: true, output };
}

export function failureOf(token: Token, code: string, more: Partial<Failure> = {}): Outcome {
  const { id, node, visit, attempt } = token;
  const ids = { token: id, node, visit, attempt };
  return { ...ids, ok: false, code, message: `${node} said ${code}`, retryable: true, ...more };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function decideTwice(run: Run, command: Command, context: Context): Promise<Decision> {
  const decision = await decide(run, command, context);
  const again = await decide(run, command, context);
  if (!isDeepStrictEqual(again, decision)) expect(again, "decided again").toEqual(decision);
  if (decision.type === "needs") throw new Error(`nobody knows the ${decision.need.kind}`);
  return decision;
}

/** What is true of every commit, whatever was decided. */
function checkCommit(before: Run, decision: Extract<Decision, { type: "accepted" }>): void {
  const { events, run, at } = decision;
  const stored = JSON.parse(JSON.stringify(events)) as readonly Event[];
  const folded = stored.reduce((state, event) => evolve(state, event, at), before);
  if (!isDeepStrictEqual(folded, run)) expect(folded, "the fold of the log").toStrictEqual(run);
  const saved = JSON.parse(JSON.stringify(run)) as Run;
  if (!isDeepStrictEqual(saved, run)) expect(saved, "the run as saved").toStrictEqual(run);
  expect(run.seq).toBe(before.seq + events.length);
  expect(at).toBeGreaterThanOrEqual(before.at);
  if (hasEnded(run)) expect(tokensOf(run)).toEqual([]);
  else if (tokensOf(run).length === 0 && run.status !== "paused")
    expect(isOwed(run, at), "it is owed its end").toBe(true);
  if (hasEnded(run)) return;
  if (run.status === "paused") return;
  const waits = run.status === "waiting";
  if (events.length > 0) expect(waits, "it waits or it is owed").toBe(!isOwed(run, at));
  if (waits) expect(waitingOn(run), "what it waits for").not.toEqual([]);
}

/** Makes whoever changes what it was given fail. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) frozen(member);
  return value;
}
