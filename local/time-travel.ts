import type { Ticker } from "./ticker.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** How long, in real time, what became due may take before the clock goes on. */
const SETTLE_MS_MAX = 2_000;
/** Instants that one call stops at; a chain of timers longer than this is left to the ticker. */
const STOPS_MAX = 100_000;

/**
 * Moves the clock forward as if the time had passed: it stops at every instant at which something
 * is due, and lets that come to rest, so that a timer set by a timer fires at its own time too.
 */
export function timeTravel(deps: {
  clock: VirtualClock;
  ticker: Ticker;
  /** Resolves when what was fired has come to rest, or after `ms`. */
  idle: (ms: number) => Promise<void>;
}): (ms: number) => Promise<void> {
  const { clock, ticker, idle } = deps;
  return async (ms) => {
    // What is under way belongs to the time before.
    await idle(SETTLE_MS_MAX);
    // Real time goes on meanwhile, so the end is an offset and not an instant.
    const offset = clock.offsetMs() + ms;
    for (let stops = 0; stops < STOPS_MAX; stops++) {
      const due = await ticker.next();
      const ahead = due === undefined ? Number.POSITIVE_INFINITY : due - clock.now();
      if (ahead > offset - clock.offsetMs()) break;
      await clock.advance(Math.max(0, Math.ceil(ahead)));
      await ticker.tick();
      await idle(SETTLE_MS_MAX);
    }
    await clock.advance(Math.max(0, offset - clock.offsetMs()));
    await ticker.tick();
    await idle(SETTLE_MS_MAX);
  };
}
