import type { Instant, Json } from "./json.ts";

export type Vote = Readonly<{
  decision: string;
  by: string;
  via: "api" | "email";
  assertedBy?: string;
  comment?: string;
  edits?: Json;
  at: Instant;
}>;

export type OpenTask = Readonly<{
  id: string;
  token: number;
  approvers: readonly string[];
  quorum: number;
  options: readonly string[];
  digest: string;
  votes: readonly Vote[];
}>;
