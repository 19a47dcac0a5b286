import type { RunForked } from "./fork.ts";
import type { Hold, HoldEvent } from "./hold.ts";
import type { Instant, Json, JsonObject } from "./json.ts";
import type { Actor, Fork, Run, RunError, Usage, Wait } from "./run.ts";
import type { TaskEvent } from "./task-event.ts";

/**
 * How tokens went on. They ride on the event that caused them, so that a fold never asks the graph.
 *
 * go: to a node · fork: a new token, from another · merge: parked tokens become one that is ready ·
 * end: they are gone · count: an arrival at a counting join · enter: an item of a map begins ·
 * leave: an item is over, and what is left in it gone · settle: a map is decided · again: an item
 * goes on that was kept.
 */
export type Move =
  | Readonly<{ op: "go"; token: number; to: string; park?: boolean }>
  | Readonly<{ op: "fork"; token: number; from: number; to: string; park?: boolean; fork?: Fork }>
  | Readonly<{
      op: "merge";
      tokens: readonly number[];
      into: number;
      unsatisfied?: boolean;
      /** The split whose instance the merged token leaves behind. */
      leaves?: string;
    }>
  | Readonly<{ op: "end"; tokens: readonly number[] }>
  /** A new token undoes the step that succeeded last. */
  | Readonly<{ op: "undo"; token: number }>
  | Readonly<{ op: "count"; join: string; arrived: number; fired: boolean; scope?: string }>
  | Readonly<{ op: "enter"; map: string; token: number; index: number; to: string; park?: boolean }>
  | Readonly<{ op: "leave"; scope: string; error?: RunError; keep?: boolean }>
  | Readonly<{ op: "settle"; map: string; drop?: boolean; keep?: boolean }>
  | Readonly<{ op: "again"; map: string; index: number }>;

/** Which visit of which node an event is about. */
export type Step = Readonly<{ step: string; node: string; visit: number; token: number }>;

/** What happened. The names are public; docs/events.md says what each carries. */
export type Event =
  | Readonly<{
      type: "run.created";
      id: string;
      tenant: string;
      workflow: Readonly<{ name: string; version: number; hash: string }>;
      seed: string;
      input: Json;
      vars: JsonObject;
      tags: Readonly<Record<string, string>>;
      start: string;
      park?: boolean;
      deadline?: Instant;
      actor?: Actor;
      parent?: string;
      depth?: number;
      awaited?: boolean;
      /** Of the request, when it had an Idempotency-Key: tells a repeat from a reuse. */
      requestHash?: string;
      callback?: Readonly<{ types: readonly string[] }>;
      /** The limits of which it holds a unit until it ends. */
      units?: readonly string[];
      /** It has not begun. */
      hold?: Hold;
      priority?: number;
    }>
  | HoldEvent
  | RunForked
  | Readonly<{
      type: "run.running";
      /** It undoes what it did, and will then end: failed with the error, else cancelled. */
      phase?: "compensating";
      error?: RunError;
      reason?: string;
      /** Tokens whose calls are awaited first. */
      awaits?: readonly number[];
      /** It begins to undo when it is resumed. */
      paused?: boolean;
      moves?: readonly Move[];
    }>
  | Readonly<{ type: "run.waiting"; waitingOn: Json }>
  | Readonly<{ type: "run.succeeded"; output: Json }>
  | Readonly<{ type: "run.failed"; error: RunError }>
  | Readonly<{ type: "run.cancelled"; reason?: string; compensate?: boolean }>
  | RunResumed
  | Readonly<{ type: "run.paused"; reason?: string; withParent?: boolean }>
  | RunMigrated
  | Readonly<{ type: "vars.patched"; vars: JsonObject; reason?: string }>
  | (Step &
      Readonly<{
        type: "step.started";
        kind: string;
        attempt: number;
        call?: number;
        /** The step that it undoes. */
        undoes?: string;
        /** Set when a driver takes over an attempt whose outcome is not on record. */
        recovery?: number;
        input?: Json;
        key?: string;
        timeoutMs?: number;
        /** It asks whether this attempt happened, and is no attempt of the call itself. */
        reconciles?: number;
        tool?: string;
        toolHash?: string;
        /** Of a map whose items are kept elsewhere: how many, and whether they have names. */
        items?: Readonly<{ count: number; keyed?: boolean }>;
        /** The first items of a map. */
        moves?: readonly Move[];
      }>)
  | (Step &
      Readonly<{
        type: "step.succeeded";
        attempt: number;
        output: Json;
        vars?: JsonObject;
        /** The node that undoes it. */
        compensate?: string;
        usage?: Usage;
        cost?: number;
        /** The buffered signal that it consumed. */
        signal?: number;
        /** Of a wait for any of several: the number of the one that came. */
        won?: number;
        moves?: readonly Move[];
      }>)
  | (Step &
      Readonly<{
        type: "step.failed";
        attempt: number;
        error: RunError;
        undoes?: string;
        moves?: readonly Move[];
      }>)
  | (Step &
      Readonly<{
        type: "step.retrying";
        attempt: number;
        error: RunError;
        at: Instant;
        /** The next start is a recovery, and uses up none of the attempts. */
        recovery?: boolean;
        /** It has all its attempts again. */
        fresh?: true;
      }>)
  | (Step & Readonly<{ type: "step.unknown"; attempt: number; reconcile?: true }>)
  | (Step &
      Readonly<{
        type: "step.waiting";
        attempt: number;
        wait: Wait;
        dueAt?: Instant;
        /** Buffered signals that are parts of what it waits for, and had come before. */
        took?: readonly number[];
      }>)
  | (Step &
      Readonly<{
        type: "step.cancelled";
        attempt: number;
        code?: string;
        reason?: string;
        /** Of a step that was cancelled by itself; other tokens went with what caused it. */
        moves?: readonly Move[];
      }>)
  | (Step &
      Readonly<{
        type: "step.skipped";
        attempt: number;
        output: Json;
        reason?: string;
        vars?: JsonObject;
        moves?: readonly Move[];
      }>)
  | (Step &
      Readonly<{
        type: "tool.returned";
        attempt: number;
        /** It came too late. */
        ignored?: true;
        /** What a tool says became of the attempt that it was asked about. */
        reconciled?: "succeeded" | "failed" | "absent";
        output?: Json;
        error?: RunError;
      }>)
  | (Step & Readonly<{ type: "timer.set"; dueAt: Instant }>)
  | (Step & Readonly<{ type: "timer.fired"; dueAt: Instant; part?: number }>)
  | (Step &
      Readonly<{
        type: "child.started";
        attempt: number;
        child: string;
        workflow: string;
        version?: number;
        mode?: "async";
        /** The child has failed, and is retried with its parent. */
        again?: boolean;
      }>)
  | (Step & Readonly<{ type: "child.ended"; attempt: number; child: string; status: string }>)
  | TaskEvent
  | Readonly<{
      type: "signal.received";
      name: string;
      key?: string;
      payload: Json;
      id?: string;
      /** The step that it was given to; without one it is buffered. */
      step?: string;
      /** It is one of all that this token waits for, which goes on waiting. */
      token?: number;
      part?: number;
    }>;

/** The run goes on under another version of its workflow. */
export type RunMigrated = Readonly<{
  type: "run.migrated";
  from: Run["workflow"];
  to: Run["workflow"];
  /** Nodes that have another name now, old to new. */
  map?: Readonly<Record<string, string>>;
  /** Tokens whose next attempt has a new input. */
  anew?: readonly number[];
  /** Tokens whose wait begins again. */
  reopened?: readonly number[];
  reason?: string;
  /** Joins that fire because other paths lead to them now. */
  moves?: readonly Move[];
}>;

/** A paused run goes on; or a failed run was retried, and what its failure stopped goes on. */
export type RunResumed = Readonly<{
  type: "run.resumed";
  reason: "resume" | "retry";
  /** The node that was named. */
  node?: string;
  /** The deadline had passed: it has the same time again. */
  deadline?: Instant;
  /** The limits of which it holds a unit again. */
  units?: readonly string[];
  /** Set again, where they could not be set before. */
  vars?: JsonObject;
  /** Of the step that had succeeded and could not go on. */
  moves?: readonly Move[];
}>;

export type { TaskAnswered, TaskOfItself } from "./task-event.ts";

export type EventOf<Type extends Event["type"]> = Extract<Event, { type: Type }>;
