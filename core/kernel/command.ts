import type { ForkedFrom, ForkState } from "./fork.ts";
import type { Hold } from "./hold.ts";
import type { Instant, Json, JsonObject } from "./json.ts";
import type { Actor, RunError, Usage } from "./run.ts";

/** What came of an attempt. */
export type Result =
  | Readonly<{ ok: true; output: Json; usage?: Usage; cost?: number }>
  | Readonly<{
      ok: false;
      code: string;
      message: string;
      retryable: boolean;
      retryAfterMs?: number;
      /** The call was made, or may have been, and nobody knows what came of it. */
      lost?: boolean;
      cause?: Json;
    }>;

/**
 * The outcome of an effect, offered by the driver that called it. `later`: the call has begun
 * something that goes on elsewhere under the name `ref`, and its result comes by `job.settle`.
 */
export type Outcome = Readonly<{
  token: number;
  node: string;
  visit: number;
  attempt: number;
  scope?: string | undefined;
}> &
  (Result | Readonly<{ ok: "later"; ref: string }>);

export type ChildEnd = Readonly<{
  child: string;
  /**
   * `started` is all that an asynchronous step waits for; `refused` was never a run; `lost` cannot
   * be retried with its parent, which needs another one.
   */
  status: "succeeded" | "failed" | "cancelled" | "started" | "refused" | "lost";
  output?: Json;
  error?: RunError;
}>;

/** Who answers. `anyone`: though he is not asked; `overrides`: though somebody has claimed it. */
type Answering = Readonly<{ task: string; by: string; anyone?: boolean; overrides?: boolean }>;

/** `vars` are set on top of those that the other run had. */
export type Fork = Readonly<{ from: ForkedFrom; state: ForkState; vars?: JsonObject }>;

/** What is asked of a run. */
export type Command =
  | Readonly<{
      type: "run.create";
      id: string;
      tenant: string;
      seed: string;
      input: Json;
      tags: Readonly<Record<string, string>>;
      deadline?: Instant;
      actor?: Actor;
      /** The run that started it, and how deep it is below the first. */
      parent?: string;
      depth?: number;
      /** The parent is told when it ends. */
      awaited?: boolean;
      requestHash?: string;
      /** Which events the run's own callback hears of. */
      callback?: Readonly<{ types: readonly string[] }>;
      /** The limits that it takes a unit of while it is active. */
      units?: readonly string[];
      /** It does not begin yet. */
      hold?: Hold;
      priority?: number;
      /** It begins where another run stood. */
      fork?: Fork;
    }>
  /** A run that was held begins: there is room for it. */
  | Readonly<{ type: "run.admit" }>
  /** A run that is held stands in the line of a limit from now on. */
  | Readonly<{ type: "run.line"; line: string }>
  /** Look at the clock and at what is ready. Only a driver starts effects. */
  | Readonly<{ type: "run.advance"; driver?: Driver }>
  | Readonly<{ type: "step.settle"; outcomes: readonly Outcome[]; driver: Driver }>
  /** The result of an attempt that was done as a job. */
  | Readonly<{ type: "job.settle"; job: string; attempt: number; result: Result }>
  /** Whoever took the job was not heard of in time. */
  | Readonly<{ type: "job.lose"; job: string; attempt: number }>
  | Readonly<{
      type: "run.signal";
      name: string;
      key?: string;
      payload: Json;
      id?: string;
      /** An event of the tenant is for runs that wait, and is kept by none. */
      unlessWaiting?: "keep" | "ignore";
    }>
  | Readonly<{ type: "run.respond"; body: Json }>
  | Readonly<{ type: "run.cancel"; reason?: string; compensate?: boolean }>
  /** What became of children of the run. */
  | Readonly<{ type: "child.end"; ends: readonly ChildEnd[] }>
  /** `withParent`: because its parent is paused, or goes on. */
  | Readonly<{ type: "run.pause"; reason?: string; withParent?: boolean }>
  | Readonly<{ type: "run.resume"; withParent?: boolean }>
  /** To the version that the context has as its target. */
  | Readonly<{
      type: "run.migrate";
      map: Readonly<Record<string, string>>;
      reopen: readonly string[];
      reason?: string;
    }>
  | Readonly<{ type: "vars.patch"; vars: JsonObject; reason?: string }>
  | Readonly<{ type: "step.skip"; step: string; output: Json; reason?: string }>
  | Readonly<{ type: "step.cancel"; step: string; reason?: string }>
  | Readonly<{
      type: "run.retry";
      /** Where it failed, as the caller believes. */
      node?: string;
      /** The limits that it takes a unit of while it is active again. */
      units?: readonly string[];
    }>
  | (Answering &
      Readonly<{ type: "task.complete"; data: Json; assertedBy?: string; via?: "api" | "email" }>)
  | (Answering & Readonly<{ type: "task.claim" }>)
  | (Answering & Readonly<{ type: "task.release" }>)
  | Readonly<{ type: "task.reassign"; task: string; by: string; assignees: readonly string[] }>
  | Readonly<{
      type: "task.decide";
      task: string;
      decision: string;
      by: string;
      via: "api" | "email";
      assertedBy?: string;
      comment?: string;
      edits?: Json;
      digest?: string;
    }>;

/** A driver's own calls, by `startName`: whatever else was started is an orphan. */
export type Driver = Readonly<{ mine: ReadonlySet<string>; effectsMax: number }>;

export type CommandOf<Type extends Command["type"]> = Extract<Command, { type: Type }>;
