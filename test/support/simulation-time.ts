import { setImmediate as immediate } from "node:timers/promises";

/** Time that passes only when nothing else is left to do, and then at once. */
export type Time = Readonly<{
  now(): number;
  /** Does something after so many milliseconds; what is due at once is done in order. */
  after(ms: number, action: () => unknown): void;
  sleep(ms: number): Promise<void>;
  /** Lets the next thing happen; false when there is none until then. */
  step(until: number): Promise<boolean>;
  /** Lets everything happen that happens until then. */
  run(until: number): Promise<void>;
}>;

type Entry = Readonly<{ at: number; order: number; action: () => unknown }>;

/**
 * A schedule of what happens when. All else in a simulation is promises, which are done with when
 * the event loop comes round; so one seed gives one history.
 */
export function virtualTime(start: number): Time {
  const entries: Entry[] = [];
  let now = start;
  let order = 0;

  function after(ms: number, action: () => unknown): void {
    const entry = { at: now + Math.max(0, ms), order: order++, action };
    let at = entries.length;
    while (at > 0 && isLater(entry, entries[at - 1])) at--;
    entries.splice(at, 0, entry);
  }

  async function step(until: number): Promise<boolean> {
    const entry = entries.at(-1);
    if (!entry || entry.at > until) return false;
    entries.pop();
    now = Math.max(now, entry.at);
    entry.action();
    await immediate();
    return true;
  }

  return {
    now: () => now,
    after,
    step,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    async run(until) {
      while (await step(until));
      now = Math.max(now, until);
    },
  };
}

/** Whether it comes after the other; the entries stand with the next one last. */
function isLater(entry: Entry, other: Entry | undefined): boolean {
  if (!other) return false;
  return entry.at > other.at || (entry.at === other.at && entry.order > other.order);
}
