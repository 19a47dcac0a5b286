import type { Line } from "../ports/senders.ts";
import type { LineState, Lines } from "./lines.ts";

/** Lines that live no longer than the process does: those of its own connections. */
export function memoryLines(): Lines {
  const subscribers = new Map<string, Map<string, LineState>>();
  return {
    get: async (line) => subscribers.get(nameOf(line))?.get(line.runId),

    async put(line, next, was) {
      const name = nameOf(line);
      const runs = subscribers.get(name) ?? new Map<string, LineState>();
      if (runs.get(line.runId)?.rev !== was?.rev) return false;
      runs.set(line.runId, { ...next, rev: (was?.rev ?? 0) + 1 });
      subscribers.set(name, runs);
      return true;
    },

    async remove(line) {
      subscribers.get(nameOf(line))?.delete(line.runId);
    },

    async removeAll(of) {
      subscribers.delete(nameOf(of));
    },
  };
}

function nameOf({ tenant, subscriber }: Omit<Line, "runId">): string {
  return `${tenant}/${subscriber}`;
}
