import { instantText } from "../../kernel/duration.ts";
import type { Event } from "../../kernel/event.ts";
import { timedId } from "../../kernel/ids.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { Commit } from "../../store/commit.ts";
import type { EventView } from "../views.ts";

/** Members that are instants inside, and RFC 3339 outside. */
const INSTANTS = new Set(["dueAt", "at", "due", "until", "deadline"]);
/** How tokens moved, and what keys are made of, is nobody's business outside. */
const HIDDEN = new Set([
  "type",
  "moves",
  "token",
  "seed",
  "tenant",
  "requestHash",
  "park",
  "units",
  "awaits",
]);

/** The events of a commit as everybody outside sees them. `hash` is SHA-256 as hex. */
export function eventViews(
  runId: string,
  commit: Commit,
  hash: (text: string) => string,
): readonly EventView[] {
  const { at, actor, types, seq } = commit;
  return types.map((type, index) => {
    const event = commit.events?.[index];
    return {
      id: `evt_${timedId(at, hash(`${runId}/${seq + index}`))}`,
      runId,
      seq: seq + index,
      type,
      at: instantText(at),
      actor,
      data: event ? dataOf(event) : { erased: true },
    };
  });
}

function dataOf(event: Event): JsonObject {
  const shown: [string, Json][] = [];
  for (const [name, value] of Object.entries(event) as [string, Json | undefined][]) {
    if (value === undefined || HIDDEN.has(name)) continue;
    if (name === "vote" && isObject(value)) {
      const { by, decision, ...more } = value;
      shown.push(["decision", decision ?? null], ["decidedBy", by ?? null]);
      shown.push(...Object.entries(dated(more) as JsonObject));
    } else if (name === "agenda" && Array.isArray(value)) {
      shown.push([name, (value as readonly Json[]).map(dated)]);
    } else if (name === "hold" && isObject(value)) shown.push([name, holdOf(value)]);
    else if (name === "line")
      shown.push([name, value === "activeRuns" ? "maxActiveRuns" : "concurrency"]);
    else if (name === "wait") shown.push([name, dated(value)]);
    else shown.push([name, instant(name, value)]);
  }
  return Object.fromEntries(shown);
}

/** Which limit, in the words of the tenant or the workflow; its counters are our own affair. */
function holdOf({ until, line }: JsonObject): JsonObject {
  return {
    ...(typeof until === "number" && { until: instantText(until) }),
    ...(line !== undefined && { line: line === "activeRuns" ? "maxActiveRuns" : "concurrency" }),
  };
}

function dated(value: Json): Json {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, instant(name, member)]),
  );
}

function instant(name: string, value: Json): Json {
  return INSTANTS.has(name) && typeof value === "number" ? instantText(value) : value;
}
