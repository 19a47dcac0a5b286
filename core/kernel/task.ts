import type { Instant, Json } from "./json.ts";

/** What one person said about a task. */
export type Vote = Readonly<{
  /** An option of an approval, or `completed`. */
  decision: string;
  by: string;
  /** `escalation`: nobody did in time, and the author had said what then. */
  via: "api" | "email" | "escalation";
  assertedBy?: string;
  comment?: string;
  edits?: Json;
  at: Instant;
}>;

/** Something that happens to an open task by itself, at its time. */
export type AgendaItem = Readonly<{
  /** Its place among those of its task. */
  n: number;
  at: Instant;
  from: "reminders" | "escalation";
  action: "remind" | "reassign" | "decide";
  to?: readonly string[];
  decision?: string;
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
  /** What is still to happen by itself, in the order of its times. */
  agenda?: readonly AgendaItem[];
  /** Those who are asked get mail. */
  email?: true;
}>;
