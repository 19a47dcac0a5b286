import type { Instant, Json } from "./json.ts";

/** What a token waits for, other than its own next attempt. */
export type Wait =
  | Readonly<{ kind: "timer"; until: Instant }>
  | Readonly<{ kind: "event"; name: string; key?: string; until?: Instant }>
  | Readonly<{
      kind: "several";
      mode: "any" | "all";
      parts: readonly WaitPart[];
      /** What has come, by the number of its part. */
      got: Readonly<Record<string, Json>>;
      until?: Instant;
    }>
  | Readonly<{ kind: "approval"; task: string; until?: Instant; gate?: boolean }>
  | Readonly<{ kind: "child"; run: string; until?: Instant }>
  | Readonly<{ kind: "form" | "ask"; task: string; until?: Instant; doubt?: Doubt }>
  /** For whoever takes the job; `ref` names the work where it is done without being taken. */
  | Readonly<{ kind: "job"; job: string; tool: string; until: Instant; ref?: string }>;

/** How a call goes on is for a person to say: its outcome is unknown, or its attempts used up. */
export type Doubt = Readonly<{
  about: "unknown" | "exhausted";
  error: Readonly<{ code: string; message: string; retryable?: boolean; cause?: Json }>;
}>;

/** One of several things that a token waits for. */
export type WaitPart =
  | Readonly<{ kind: "timer"; until: Instant }>
  | Readonly<{ kind: "event"; name: string; key?: string }>;

/** An event that came before anything waited for it. */
export type Signal = Readonly<{
  n: number;
  name: string;
  key?: string;
  payload: Json;
  id?: string;
}>;

/** What a person is asked about a token's call, if its token waits for that. */
export function doubtOf({ wait }: Readonly<{ wait?: Wait }>): Doubt | undefined {
  return wait?.kind === "form" || wait?.kind === "ask" ? wait.doubt : undefined;
}
