import type { Event } from "./event.ts";
import { evolve } from "./evolve.ts";
import { type Scope } from "./expression.ts";
import { type Instant, type Json, own } from "./json.ts";
import { type Run, resultFor, type Token } from "./run.ts";
import { bytesOf } from "./sizes.ts";
import type { Workflow } from "./workflow.ts";

/** What a decision may know beside the run: given, never asked for. */
export type Context = Readonly<{
  workflow: Workflow;
  now: Instant;
  /** The registered tools that the workflow names. */
  tools: Readonly<Record<string, ToolFacts>>;
  defaultModel: string;
  /** SHA-256 as lower-case hex. */
  hash(text: string): string;
}>;

export type ToolFacts = Readonly<{
  /** Of its stored configuration: the log says exactly what was called. */
  hash: string;
  delivery?: "at-least-once" | "at-most-once";
  approval?: { approvers: readonly string[]; quorum?: number };
}>;

/** Events decided so far, and the run as they leave it. */
export type Draft = {
  readonly context: Context;
  readonly at: Instant;
  readonly events: Event[];
  run: Run;
  /** Bytes of the values in it, so that a commit stays small. */
  size: number;
};

export function newDraft(run: Run, context: Context): Draft {
  return { context, at: Math.max(context.now, run.at), events: [], run, size: 0 };
}

export function emit(draft: Draft, event: Event): void {
  draft.events.push(event);
  draft.run = evolve(draft.run, event, draft.at);
}

/** Adds a value to the draft's size; how many bytes it has. */
export function weigh(draft: Draft, value: Json | undefined): number {
  const bytes = bytesOf(value);
  draft.size += bytes;
  return bytes;
}

/** What expressions see from where a token stands. */
export function scopeOf(draft: Draft, run: Run, token: Token | undefined, more = {}): Scope {
  const { workflow } = draft.context;
  return {
    roots: {
      input: run.input,
      vars: run.vars,
      run: {
        id: run.id,
        workflow: run.workflow.name,
        version: run.workflow.version,
        tenant: run.tenant,
        startedAt: run.createdAt,
        tags: run.tags,
      },
      ...more,
    },
    step(node) {
      const result = resultFor(run, token, node);
      if (!result) return undefined;
      return { ...result, visits: own(run.visits, node) ?? result.visit };
    },
    nodes: [...workflow.nodes.keys()],
    now: draft.at,
  };
}
