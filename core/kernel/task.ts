import type { Instant, Json } from "./json.ts";

/** What one person said about a task. */
export type Vote = Readonly<{
  /** An option of an approval, or `completed`. */
  decision: string;
  by: string;
  via: "api" | "email";
  assertedBy?: string;
  comment?: string;
  edits?: Json;
  at: Instant;
}>;

export type TaskKind = "approval" | "form" | "ask";

/** A task that waits for people, as decisions need it: what they are shown is in its row. */
export type OpenTask = Readonly<{
  id: string;
  token: number;
  /** Absent of an approval. */
  kind?: "form" | "ask";
  approvers: readonly string[];
  /** Of a form: those among them that are groups. */
  groups?: readonly string[];
  claimedBy?: string;
  quorum: number;
  options: readonly string[];
  digest: string;
  votes: readonly Vote[];
}>;
