import { referenceTo } from "./artifact.ts";
import { instantText } from "./duration.ts";
import type { Event } from "./event.ts";
import { evolve } from "./evolve.ts";
import type { Bounded, Scope } from "./expression.ts";
import { ExpressionError } from "./expression-limits.ts";
import { bodyOf, entriesOf, itemIn, resultFor, varsIn } from "./frames.ts";
import type { Instant, Json } from "./json.ts";
import { type Content, lookInto, whole } from "./large-values.ts";
import { type Asked, type Found, NEEDS_SOFT } from "./needs.ts";
import type { Run, Token } from "./run.ts";
import { bytesOf, SIZES } from "./sizes.ts";
import type { Workflow } from "./workflow.ts";

/** What a decision may know beside the run: given, never asked for. */
export type Context = Readonly<{
  workflow: Workflow;
  now: Instant;
  /** The registered tools that the workflow names. */
  tools: Readonly<Record<string, ToolFacts>>;
  defaultModel: string;
  /** What a run is to be migrated to. */
  target?: Omit<Context, "now" | "target"> | undefined;
  /** SHA-256 as lower-case hex. */
  hash(text: string): string;
  /** What was found of all that the decision needs: see `Need`. */
  found?(need: Asked): Found | undefined;
  /** The content of an artifact of the run, once it was asked for: see `large-values.ts`. */
  artifact?(id: string): Content | undefined;
  /**
   * Runs one evaluation at a time and tells the milliseconds that it took. Given, because the
   * kernel has no clock; what it says bounds the work, and never changes what the work comes to.
   */
  evaluating?(work: () => Promise<unknown>, took: (ms: number) => void): Promise<unknown>;
}>;

export type ToolFacts = Readonly<{
  /** Of its stored configuration: the log says exactly what was called. */
  hash: string;
  /** Tools of kind `worker` are not called: the run waits until somebody has done the job. */
  kind?: string;
  /** What is wrong with an input by the tool's schema: a job with a wrong one is not offered. */
  inputFault?(input: Json): string | undefined;
  delivery?: "at-least-once" | "at-most-once";
  approval?: { approvers: readonly string[]; quorum?: number };
}>;

/** Events decided so far, and the run as they leave it. */
export type Draft = {
  /** Another one once the run is migrated. */
  context: Context;
  readonly at: Instant;
  readonly events: Event[];
  run: Run;
  /** Bytes of the values in it, so that a commit stays small. */
  size: number;
  /** Rows beside the log that it makes. */
  rows: number;
  /** Milliseconds that expressions took: in this commit, and in the step that is being decided. */
  readonly took: { commitMs: number; stepMs: number };
  readonly bounded: Bounded | undefined;
  /** How many needs it has had met. */
  needs: number;
  /** Large values that it makes, by the id that their references have. */
  readonly artifacts: Map<string, Readonly<{ content: string; value: Json }>>;
  /** Bytes of the large values that it makes and looks into. */
  opened: number;
};

/** How long all expressions of one step may take. */
const STEP_MS_MAX = 300;

/** Rows beside the log (tasks, mails, waits) after which a commit takes on nothing more. */
const ROWS_SOFT = 40;
/** Time of expressions after which a commit takes on nothing more: others have their turn. */
const EVALUATION_MS_SOFT = 50;

/** Bytes of large values after which a commit takes on nothing more: all of them are in memory. */
const OPENED_SOFT = 8 * 1024 * 1024;

/** What is left over is for the next commit: this one holds enough, or has taken long enough. */
export function isFull({ size, rows, took, needs, opened }: Draft): boolean {
  if (needs >= NEEDS_SOFT || opened >= OPENED_SOFT) return true;
  return size >= SIZES.commitSoft || rows >= ROWS_SOFT || took.commitMs > EVALUATION_MS_SOFT;
}

/** Another step is decided now: it has all the time for expressions that a step may take. */
export function beginStep(draft: Draft): void {
  draft.took.stepMs = 0;
}

export function newDraft(run: Run, context: Context): Draft {
  const took = { commitMs: 0, stepMs: 0 };
  const bounded = context.evaluating && boundedBy(context.evaluating, took);
  const at = Math.max(context.now, run.at);
  const nothing = { size: 0, rows: 0, needs: 0, opened: 0, artifacts: new Map() };
  return { context, at, events: [], run, ...nothing, took, bounded };
}

function boundedBy(
  evaluating: NonNullable<Context["evaluating"]>,
  took: { commitMs: number; stepMs: number },
): Bounded {
  return (work) => {
    if (took.stepMs > STEP_MS_MAX) {
      const message = `the expressions of one step take longer than ${STEP_MS_MAX} ms`;
      throw new ExpressionError("EXPRESSION_LIMIT", message);
    }
    return evaluating(work, (ms) => {
      took.commitMs += ms;
      took.stepMs += ms;
    });
  };
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
  const scope = token?.scope;
  const body = token ? bodyOf(token.node) : "";
  const at = { token, scope, body };
  const roots: Record<string, unknown> = {
    input: run.input,
    vars: varsIn(run, scope),
    run: {
      id: run.id,
      workflow: run.workflow.name,
      version: run.workflow.version,
      tenant: run.tenant,
      startedAt: instantText(run.createdAt),
      tags: run.tags,
    },
    ...more,
  };
  if (scope !== undefined) addItem(roots, draft, run, scope);
  return {
    roots,
    step: (node) => resultFor(run, at, node, (name) => workflow.nodes.has(name)),
    nodes: workflow.bodies.get(body)?.names ?? [],
    now: draft.at,
    bounded: draft.bounded,
    open: (value) => lookInto(draft, value),
    whole: (value) => whole(draft, value),
  };
}

/** The same, where a value need not be looked into: what is large stays where it is. */
export function passingOn(draft: Draft, run: Run, token: Token | undefined): Scope {
  return { ...scopeOf(draft, run, token), passesOn: true };
}

/** The item of a map: looked at only when it is asked for, because the items may be elsewhere. */
function addItem(roots: Record<string, unknown>, draft: Draft, run: Run, scope: string): void {
  const { map, index } = itemIn(run, scope);
  const { items, large } = map;
  const entries = () =>
    entriesOf(large === undefined ? items : lookInto(draft, referenceTo(large)));
  roots["index"] = index;
  const item = () => (large === undefined ? items : entries().values)[index] ?? null;
  const key = () => (large === undefined ? map.keys : entries().keys)?.[index];
  Object.defineProperty(roots, "item", { enumerable: true, get: item });
  const isKeyed = map.keys !== undefined || map.keyed === true;
  if (isKeyed) Object.defineProperty(roots, "key", { enumerable: true, get: key });
}
