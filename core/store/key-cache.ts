import type { Instant } from "../kernel/json.ts";
import type { Clock } from "../ports/clock.ts";

const LIFE_MS = 30_000;
const ENTRIES_MAX = 10_000;

export interface KeyCache<Caller> {
  get(hash: string): Caller | undefined;
  /** Reads and remembers, unless a key was forgotten while the read was under way. */
  fill(hash: string, read: () => Promise<Caller | undefined>): Promise<Caller | undefined>;
  forget(hash: string): void;
  clear(): void;
}

/** Who is behind keys that were good a moment ago, by hash. Bounded, the oldest go first. */
export function keyCache<Caller>(clock: Clock): KeyCache<Caller> {
  const entries = new Map<string, { caller: Caller; until: Instant }>();
  let forgotten = 0;

  return {
    get(hash) {
      const entry = entries.get(hash);
      if (entry === undefined) return undefined;
      if (clock.now() < entry.until) return entry.caller;
      entries.delete(hash);
      return undefined;
    },

    async fill(hash, read) {
      const before = forgotten;
      const caller = await read();
      // The read may have happened just before a revocation that we made ourselves.
      if (caller === undefined || before !== forgotten) return caller;

      if (entries.size >= ENTRIES_MAX) {
        const oldest = entries.keys().next();
        if (!oldest.done) entries.delete(oldest.value);
      }
      entries.set(hash, { caller, until: clock.now() + LIFE_MS });
      return caller;
    },

    forget(hash) {
      forgotten++;
      entries.delete(hash);
    },

    clear() {
      forgotten++;
      entries.clear();
    },
  };
}
