import type { Actor, StepError } from "./views.ts";

export type DeadLetterView = Readonly<{
  id: string;
  kind: "step" | "compensation" | "delivery" | "stream";
  status: "open" | "redriven" | "discarded";
  runId: string;
  workflow: string;
  node: string | null;
  step: string | null;
  attempts: number;
  error: StepError;
  createdAt: string;
  /** When it is sent on by itself. */
  redriveAt?: string;
  refused?: string;
  closedAt?: string;
  closedBy?: Actor;
  reason?: string;
}>;
