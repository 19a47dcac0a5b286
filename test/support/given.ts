import { expect } from "vitest";
import type { Command, Driver } from "../../core/kernel/command.ts";
import { compileWorkflow } from "../../core/kernel/compile.ts";
import { decide } from "../../core/kernel/decide.ts";
import type { Reason } from "../../core/kernel/decision.ts";
import type { Context, ToolFacts } from "../../core/kernel/draft.ts";
import type { Event } from "../../core/kernel/event.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import type { Instant, Json, JsonObject } from "../../core/kernel/json.ts";
import { unstarted } from "../../core/kernel/run.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import type { Workflow } from "../../core/kernel/workflow.ts";
import { documentOf, EVERYTHING, type NodeSketch, type Sketch } from "./given-sketch.ts";

/** 2026-01-01T00:00:00Z, the time at which every kernel test begins. */
export const NOW = Date.UTC(2026, 0, 1);

/** The sketch as what publishing would make of it. A sketch with a fault is a fault of the test. */
export function flow(sketch: Sketch): Workflow {
  const document = documentOf(sketch);
  expect(validateWorkflow(document, EVERYTHING).errors).toEqual([]);
  return compileWorkflow(document, { version: 1, hash: "hash-of-flow" });
}

/** Nodes in a row, each leading to the next. */
export function chain(...nodes: readonly NodeSketch[]): Sketch {
  const ids = nodes.map(({ id }) => id);
  return { nodes, edges: ids.slice(1).map((id, index) => [ids[index] ?? "", id] as const) };
}

/** Half of all jitter, and ids that can be written down in a test. */
export const HALF = "8".padEnd(64, "0");

export const TOOL: ToolFacts = { hash: "hash-of-tool" };

export function contextOf(sketch: Sketch, more: Partial<Context> = {}): Context {
  return {
    workflow: flow(sketch),
    now: NOW,
    tools: { charge: TOOL, ship: TOOL },
    defaultModel: "mock/echo",
    hash: () => HALF,
    ...more,
  };
}

export const DRIVER: Driver = { mine: new Set(), effectsMax: 64 };

/** A driver that knows of its own calls, by the names of their starts. */
export function driverOf(...mine: readonly string[]): Driver {
  return { mine: new Set(mine), effectsMax: 64 };
}

export function createdAt(start: string, more: JsonObject = {}): Event {
  return {
    type: "run.created",
    id: "run-1",
    tenant: "acme",
    workflow: { name: "flow", version: 1, hash: "hash-of-flow" },
    seed: "seed",
    input: null,
    vars: {},
    tags: {},
    start,
    ...more,
  };
}

/** Facts so far, then one command, then new facts or a refusal. */
export function given(context: Context, ...events: readonly (Event | { at: Instant })[]) {
  let run = unstarted("acme", "run-1");
  let at = NOW;
  for (const event of events) {
    if ("type" in event) run = evolve(run, event, at);
    else at = event.at;
  }
  return {
    when(command: Command, now = Math.max(at, context.now)) {
      const decided = decide(run, command, { ...context, now });
      const decidedAt = Math.max(now, run.at);
      return {
        async yields(...happened: readonly Event[]): Promise<void> {
          expect(await decided).toMatchObject({ type: "accepted" });
          expect(await decided).toEqual({
            type: "accepted",
            events: happened,
            run: happened.reduce((state, event) => evolve(state, event, decidedAt), run),
            at: decidedAt,
          });
        },
        async refuses(reason: Reason, data?: Json): Promise<void> {
          const refusal = { type: "rejected", reason, ...(data !== undefined && { data }) };
          expect(await decided).toEqual(refusal);
        },
      };
    },
  };
}
