/** A moment that is waited for. `what` says in a report why the world would go on. */
type Alarm = Readonly<{ at: number; order: number; what: string; ring: () => void }>;

export type WorldClock = ReturnType<typeof worldClock>;

/** Node fires a longer timer at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The time of the emulated account. It goes on as the machine's does, and can jump: to what is due
 * next, so that an hour's wait takes no time and nothing in a test has to sleep. All emulators and,
 * by their bootstrap, all functions live by it.
 */
export function worldClock() {
  const alarms = new Set<Alarm>();
  const movements = new Set<(offsetMs: number) => void>();
  let offsetMs = 0;
  let orders = 0;
  let timer: NodeJS.Timeout | undefined;

  const now = () => Date.now() + offsetMs;

  function next(but?: string): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of alarms) {
      if (alarm.what === but) continue;
      const isEarlier = !first || alarm.at < first.at;
      const isBefore = first?.at === alarm.at && alarm.order < first.order;
      if (isEarlier || isBefore) first = alarm;
    }
    return first;
  }

  function ringDue(): void {
    for (let alarm = next(); alarm && alarm.at <= now(); alarm = next()) {
      alarms.delete(alarm);
      alarm.ring();
    }
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    const first = next();
    if (!first) return;
    const delayMs = Math.max(0, Math.min(TIMER_MS_MAX, Math.ceil(first.at - now())));
    timer = setTimeout(ringDue, delayMs);
    timer.unref();
  }

  function jump(ms: number): void {
    if (ms <= 0) return;
    offsetMs += ms;
    for (const moved of movements) moved(offsetMs);
    ringDue();
  }

  return {
    now,
    offset: () => offsetMs,
    /** Calls back once, at an instant or at once if it is past; the answer takes that back. */
    at(at: number, what: string, ring: () => void): () => void {
      const alarm = { at, what, ring, order: orders++ };
      alarms.add(alarm);
      arm();
      return () => void alarms.delete(alarm);
    },
    onMove(moved: (offsetMs: number) => void): () => void {
      movements.add(moved);
      return () => void movements.delete(moved);
    },
    jump,
    /** Jumps to what is due next, `but` left out, and says what it is; undefined: nothing is. */
    jumpToNext(but?: string): string | undefined {
      const first = next(but);
      if (!first) return undefined;
      jump(first.at - now());
      return first.what;
    },
    nextAt: () => next()?.at,
    close(): void {
      clearTimeout(timer);
      alarms.clear();
      movements.clear();
    },
  };
}
