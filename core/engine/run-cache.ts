import { hasEnded } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Loaded } from "../store/run-log.ts";

/** Runs as last seen. What is old loses the race for its commit, so it is safe to be wrong. */
export type RunCache = Readonly<{
  /** One process owns all runs (a laptop): what is here is what is stored. */
  isAuthority: boolean;
  get(key: RunKey): Loaded | undefined;
  put(key: RunKey, loaded: Loaded): void;
  forget(key: RunKey): void;
}>;

/** Holds runs that are moving. A run that waits or has ended costs no memory. */
export function runCache(options: { sizeMax: number; isAuthority: boolean }): RunCache {
  const runs = new Map<string, Loaded>();
  const name = (key: RunKey) => `${key.tenant}/${key.runId}`;
  return {
    isAuthority: options.isAuthority,
    get: (key) => runs.get(name(key)),
    put(key, loaded) {
      const at = name(key);
      runs.delete(at);
      if (loaded.run.status === "waiting" || hasEnded(loaded.run)) return;
      runs.set(at, loaded);
      if (runs.size <= options.sizeMax) return;
      const [oldest] = runs.keys();
      if (oldest !== undefined) runs.delete(oldest);
    },
    forget: (key) => void runs.delete(name(key)),
  };
}
