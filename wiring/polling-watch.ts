import type { EngineDeps } from "../core/engine/deps.ts";
import { isSettled } from "../core/kernel/hold.ts";
import type { RunKey } from "../core/ports/queue.ts";
import type { Watch } from "../core/ports/watch.ts";

type Followed = {
  readonly listeners: Set<(settled: boolean) => void>;
  readonly timer: ReturnType<typeof setInterval>;
  /** The newest event that the listeners have been told of, as far as is known. */
  seq: number;
  asking: boolean;
};

/**
 * Looks at the log for what other processes commit, while somebody follows a run and no longer.
 *
 * So a signal or a cancel that another function commits reaches a call under way. What this process
 * has remembered of the run is then old, and is read again.
 */
export function pollingWatch(
  { log, cache }: Pick<EngineDeps, "log" | "cache">,
  options: { everyMs: number; onFailure(key: RunKey, error: unknown): void },
): Watch {
  const followed = new Map<string, Followed>();

  function begin(key: RunKey): Followed {
    const timer = setInterval(() => void look(key), options.everyMs);
    timer.unref();
    return { listeners: new Set(), timer, seq: cache.get(key)?.run.seq ?? 0, asking: false };
  }

  async function look(key: RunKey): Promise<void> {
    const one = followed.get(nameOf(key));
    if (!one || one.asking) return;
    one.asking = true;
    try {
      const known = Math.max(one.seq, cache.get(key)?.run.seq ?? 0);
      if (known > 0 && !(await log.hasNewer(key, known))) return;
      const loaded = await log.load(key);
      if (loaded.run.seq === one.seq) return;
      cache.put(key, loaded);
      tell(one, loaded.run.seq, isSettled(loaded.run));
    } catch (error) {
      // The next look may see it; who follows also looks by itself when its own time is over.
      options.onFailure(key, error);
    } finally {
      one.asking = false;
    }
  }

  function tell(one: Followed, seq: number, settled: boolean): void {
    one.seq = Math.max(one.seq, seq);
    for (const listener of one.listeners) listener(settled);
  }

  return {
    follow(key, listener) {
      const name = nameOf(key);
      const one = followed.get(name) ?? begin(key);
      followed.set(name, one);
      one.listeners.add(listener);
      return () => {
        one.listeners.delete(listener);
        if (one.listeners.size > 0) return;
        clearInterval(one.timer);
        if (followed.get(name) === one) followed.delete(name);
      };
    },

    committed(key, settled) {
      const one = followed.get(nameOf(key));
      if (one) tell(one, cache.get(key)?.run.seq ?? 0, settled);
    },
  };
}

function nameOf({ tenant, runId }: RunKey): string {
  return `${tenant}/${runId}`;
}
