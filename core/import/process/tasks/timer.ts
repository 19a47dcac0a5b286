import { parseDuration } from "../../../kernel/duration.ts";
import type { JsonObject } from "../../../kernel/json.ts";
import { quoted } from "../../jsonata-text.ts";
import { fieldOf, merged, type Place, refuse, textIn } from "../place.ts";

const UNITS: Readonly<Record<string, readonly [prefix: string, unit: string]>> = {
  s: ["PT", "S"],
  m: ["PT", "M"],
  h: ["PT", "H"],
  d: ["P", "D"],
  w: ["P", "W"],
};
const HOUR = "1h";

/** Waits for a time, and then goes on by itself. */
export function timerEvent(place: Place): JsonObject {
  const given = textIn(place, "duration") ?? HOUR;
  const duration = durationOf(given);
  if (duration === undefined) {
    const at = fieldOf(place, "duration")?.path ?? place.node.path;
    refuse(place, at, "INVALID_DURATION", 'must be like "30s", "5m", "1h", "2d", or "PT1H"');
  }
  return {
    type: "wait",
    for: duration ?? "PT1H",
    assign: merged(`{"timerSet": true, "duration": ${quoted(given)}}`),
  };
}

function durationOf(text: string): string | undefined {
  const short = /^(\d{1,6})\s*([smhdw])/.exec(text.trim());
  const isShort =
    /^\d{1,6}\s*(?:s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)$/;
  if (short && isShort.test(text.trim())) {
    const [prefix, unit] = UNITS[short[2] ?? ""] ?? ["", ""];
    return `${prefix}${short[1]}${unit}`;
  }
  return parseDuration(text) === undefined ? undefined : text;
}
