import type { RunKey } from "../core/ports/queue.ts";
import type { Watch } from "../core/ports/watch.ts";

/** Commits told within the process. Nobody who does not listen is remembered. */
export function processWatch(): Watch {
  const listeners = new Map<string, Set<(settled: boolean) => void>>();
  return {
    follow(key, listener) {
      const name = nameOf(key);
      const all = listeners.get(name) ?? new Set();
      listeners.set(name, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0 && listeners.get(name) === all) listeners.delete(name);
      };
    },
    committed(key, settled) {
      if (listeners.size === 0) return;
      for (const listener of listeners.get(nameOf(key)) ?? []) listener(settled);
    },
  };
}

function nameOf({ tenant, runId }: RunKey): string {
  return `${tenant}/${runId}`;
}
