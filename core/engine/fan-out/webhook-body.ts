import type { JsonObject } from "../../kernel/json.ts";
import { bytesOf } from "../../kernel/sizes.ts";
import type { EventView } from "../views.ts";
import type { RunFacts } from "./wanted.ts";

/** Receivers may refuse more: Standard Webhooks advises it as the most. */
export const BODY_BYTES_MAX = 20_000;

/** What a webhook says of an event. What is too large is left out, and where it is, is said. */
export function webhookBody(event: EventView, facts: RunFacts): string {
  const { runId, seq, id, type, at, actor, data } = event;
  const { workflow, version, tags } = facts;
  const named = { runId, seq, eventId: id, workflow, version };
  const made = body(type, at, { ...named, tags, actor, event: data });
  if (bytesOf(made) < BODY_BYTES_MAX) return made;
  const rest = `/v1/runs/${runId}/events?after=${seq - 1}&limit=1`;
  return body(type, at, { ...named, truncated: true, rest });
}

export function body(type: string, timestamp: string, data: JsonObject): string {
  return JSON.stringify({ type, timestamp, data });
}
