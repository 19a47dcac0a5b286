import type { Context } from "../kernel/draft.ts";

type Evaluating = NonNullable<Context["evaluating"]>;

/** After an evaluation this long, everything else that waits for the process has its turn first. */
const LONG_MS = 5;

/**
 * Lets JSONata evaluate one expression at a time, and tenants take turns.
 *
 * It works in a thousand small steps that would otherwise mix: an expression that runs into its
 * time limit would use up the time of its neighbours too, and they would fail with it.
 */
export function evaluations(deps: {
  elapsed(): number;
  /** Resolves after others had their turn. */
  turn(): Promise<void>;
}): (tenant: string) => Evaluating {
  const lines = new Map<string, (() => void)[]>();
  let busy = false;

  function enter(tenant: string): Promise<void> {
    if (!busy) {
      busy = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const line = lines.get(tenant);
      if (line) line.push(resolve);
      else lines.set(tenant, [resolve]);
    });
  }

  /** The first of the tenant that has waited longest; its tenant goes to the end of the round. */
  function leave(): void {
    const [first] = lines;
    if (!first) {
      busy = false;
      return;
    }
    const [tenant, line] = first;
    const next = line.shift();
    lines.delete(tenant);
    if (line.length > 0) lines.set(tenant, line);
    next?.();
  }

  return (tenant) => async (work, took) => {
    await enter(tenant);
    const began = deps.elapsed();
    try {
      return await work();
    } finally {
      const ms = deps.elapsed() - began;
      took(ms);
      if (ms > LONG_MS) void deps.turn().then(leave);
      else leave();
    }
  };
}
