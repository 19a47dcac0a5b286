import type { Context } from "../kernel/draft.ts";

/** After an evaluation this long, everything else that waits for the process has its turn first. */
const LONG_MS = 5;

/**
 * Lets JSONata evaluate one expression at a time.
 *
 * It works in a thousand small steps that would otherwise mix: an expression that runs into its
 * time limit would then use up the time of its neighbours too, and they would fail with it.
 */
export function evaluations(deps: {
  elapsed(): number;
  /** Resolves after others had their turn. */
  turn(): Promise<void>;
}): NonNullable<Context["evaluating"]> {
  let line: Promise<void> = Promise.resolve();
  return async (work, took) => {
    const before = line;
    const { promise, resolve } = Promise.withResolvers<void>();
    line = promise;
    await before;
    const began = deps.elapsed();
    try {
      return await work();
    } finally {
      const ms = deps.elapsed() - began;
      took(ms);
      if (ms > LONG_MS) void deps.turn().then(resolve);
      else resolve();
    }
  };
}
