import type { Instant, Json } from "./json.ts";
import type { Actor, Usage } from "./run.ts";

/** The outcome of an effect, offered by the driver that called it. */
export type Outcome = Readonly<{
  token: number;
  node: string;
  visit: number;
  attempt: number;
  scope?: string | undefined;
}> &
  (
    | Readonly<{ ok: true; output: Json; usage?: Usage; cost?: number }>
    | Readonly<{
        ok: false;
        code: string;
        message: string;
        retryable: boolean;
        retryAfterMs?: number;
        /** The call was made, or may have been, and nobody knows what came of it. */
        lost?: boolean;
      }>
  );

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
      requestHash?: string;
      /** The limits that it takes a unit of while it is active. */
      units?: readonly string[];
    }>
  /** Look at the clock and at what is ready. Only a driver starts effects. */
  | Readonly<{ type: "run.advance"; driver?: Driver }>
  | Readonly<{ type: "step.settle"; outcomes: readonly Outcome[]; driver: Driver }>
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
  | Readonly<{ type: "run.cancel"; reason?: string }>
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
