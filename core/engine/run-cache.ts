import { hasEnded } from "../kernel/run.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Loaded } from "../store/run-snapshot.ts";

/** Runs as last seen. What is old loses the race for its commit, so it is safe to be wrong. */
export type RunCache = Readonly<{
  /** One process owns all runs (a laptop): what is here is what is stored. */
  isAuthority: boolean;
  get(key: RunKey): Loaded | undefined;
  put(key: RunKey, loaded: Loaded): void;
  forget(key: RunKey): void;
}>;

/** Runs that came to rest and are kept for whoever looks at them next. */
const AT_REST_MAX = 256;

/** Holds runs that are moving, and the last few that came to rest; the oldest go first. */
export function runCache(options: { sizeMax: number; isAuthority: boolean }): RunCache {
  const moving = new Map<string, Loaded>();
  const atRest = new Map<string, Loaded>();
  const get = (key: RunKey) => moving.get(nameOf(key)) ?? atRest.get(nameOf(key));
  return {
    isAuthority: options.isAuthority,
    get,
    put(key, loaded) {
      const name = nameOf(key);
      // Who took a snapshot after its commit may be told of here later than who committed next.
      if ((get(key)?.run.seq ?? 0) > loaded.run.seq) return;
      const rests = loaded.run.status === "waiting" || hasEnded(loaded.run);
      (rests ? moving : atRest).delete(name);
      if (rests) remember(atRest, name, loaded, AT_REST_MAX);
      else remember(moving, name, loaded, options.sizeMax);
    },
    forget(key) {
      moving.delete(nameOf(key));
      atRest.delete(nameOf(key));
    },
  };
}

function nameOf({ tenant, runId }: RunKey): string {
  return `${tenant}/${runId}`;
}

function remember(runs: Map<string, Loaded>, name: string, loaded: Loaded, most: number): void {
  runs.set(name, loaded);
  if (runs.size <= most) return;
  const [oldest] = runs.keys();
  if (oldest !== undefined) runs.delete(oldest);
}
