import { isSettled } from "../kernel/hold.ts";
import type { RunKey } from "../ports/queue.ts";
import type { EngineDeps } from "./deps.ts";

/** Returns when the run has ended or waits, or when the time is over: the caller looks again. */
export async function settledWithin(deps: EngineDeps, key: RunKey, seconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unfollow: (() => void) | undefined;
  const settled = new Promise<void>((resolve) => {
    // Followed before it is looked at, so that no commit falls between the two.
    unfollow = deps.watch.follow(key, (isNow) => {
      if (isNow) resolve();
    });
    timer = setTimeout(resolve, seconds * 1_000);
  });
  try {
    const known = deps.cache.isAuthority ? deps.cache.get(key) : undefined;
    const { run } = known ?? (await deps.log.load(key));
    if (run.seq === 0 || isSettled(run)) return;
    await settled;
  } finally {
    clearTimeout(timer);
    unfollow?.();
  }
}
