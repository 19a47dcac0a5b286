import type { Instant } from "../kernel/json.ts";
import { hasEnded, type Run, tokensOf } from "../kernel/run.ts";
import type { StepPlaces } from "./step-places.ts";

export type ShareDeps = Readonly<{
  places: StepPlaces;
  /** How many steps of the tenant this process may carry out at once; undefined for any number. */
  stepsMaxOf(tenant: string): Promise<number | undefined>;
}>;

/** The places that one drive holds. */
export interface StepShare {
  /** How many calls may be under way after this turn, of which `now` are already. */
  most(now: number, wanted: number): Promise<number>;
  /** Says how many are under way after a turn: what is left over goes back. */
  settle(now: number): void;
  /** Whether a turn would have begun more; then `freed` resolves when it may. */
  isShort(): boolean;
  freed(): Promise<void>;
  /** Gives everything back. */
  end(): void;
}

/** Where a tenant has no limit, nothing is counted. */
export function stepShare({ places, stepsMaxOf }: ShareDeps, tenant: string): StepShare {
  let held = 0;
  let short = false;
  let limit = 0;
  let waiting: ReturnType<StepPlaces["wait"]> | undefined;

  function settle(now: number): void {
    if (held <= now) return;
    places.give(tenant, held - now);
    held = now;
  }

  return {
    async most(now, wanted) {
      const max = await stepsMaxOf(tenant);
      if (max === undefined) {
        settle(0);
        short = false;
        return wanted;
      }
      limit = max;
      // Calls that began when there was no limit hold no place, and are let end.
      held += places.take(tenant, Math.max(0, wanted - Math.max(held, now)), max);
      const most = Math.max(now, held);
      short = most < wanted;
      return most;
    },
    settle,
    isShort: () => short,
    async freed() {
      waiting ??= places.wait(tenant, limit);
      const mine = waiting;
      await mine.granted;
      if (waiting !== mine) return;
      waiting = undefined;
      held++;
    },
    end() {
      waiting?.leave();
      waiting = undefined;
      settle(0);
    },
  };
}

/** Whether a step stands ready to be started at `now`, and only a driver's bounds hold it. */
export function isHeldUp(run: Run, now: Instant): boolean {
  if (hasEnded(run) || run.status === "paused") return false;
  return tokensOf(run).some(
    ({ status, dueAt }) =>
      status === "ready" || (status === "retrying" && dueAt !== undefined && dueAt <= now),
  );
}
