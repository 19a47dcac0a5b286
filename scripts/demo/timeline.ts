import type { EventView } from "../../core/engine/views.ts";
import { isObject, type Json } from "../../core/kernel/json.ts";
import { fit } from "./screen.ts";

const DETAIL_WIDTH = 50;

/** One line per event: when, since the run was made, its number, its type, and what it is about. */
export function timeline(events: readonly EventView[]): readonly string[] {
  const began = Date.parse(events[0]?.at ?? "");
  return events.map((event) => {
    const seconds = `+${((Date.parse(event.at) - began) / 1000).toFixed(3)}`.padStart(8);
    const seq = String(event.seq).padStart(2);
    const line = `${seconds} s  ${seq}  ${event.type.padEnd(15)}  ${fit(about(event), DETAIL_WIDTH)}`;
    return line.trimEnd();
  });
}

function about({ type, data }: EventView): string {
  const { step, tool, recovery, decision, decidedBy, via, input, output } = data;
  const item = isObject(input ?? null) ? (input as { item?: Json }).item : undefined;
  const parts = [
    text(step),
    text(tool),
    text(item),
    recovery === undefined ? "" : `recovery ${text(recovery)}, same key`,
    decision === undefined ? "" : `${text(decision)} by ${text(decidedBy)} (${text(via)})`,
    type === "run.succeeded" ? text(output) : "",
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function text(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
