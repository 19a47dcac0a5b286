import type { AwsCall } from "./call.ts";

/**
 * What happens to a call: it is refused for being too many; done, and its answer lost; or the
 * caller dies, right before or right after it is done.
 */
export type Misfortune = "throttle" | "lose" | "kill-before" | "kill-after";

export type Ills = Readonly<{ throttles: number; lostAnswers: number }>;

type Planned = Readonly<{
  matches: (call: AwsCall) => boolean;
  misfortune: Misfortune;
  struck: () => void;
}>;

export type Faults = ReturnType<typeof faults>;

/** Decides by a seed, so that a bad history is not a matter of luck alone. */
export function faults(unit: () => number) {
  const planned: Planned[] = [];
  const counts: Record<Misfortune, number> = {
    throttle: 0,
    lose: 0,
    "kill-before": 0,
    "kill-after": 0,
  };
  let ills: Ills = { throttles: 0, lostAnswers: 0 };

  function chosen(call: AwsCall): Misfortune | undefined {
    const index = planned.findIndex(({ matches }) => matches(call));
    const [plan] = index < 0 ? [] : planned.splice(index, 1);
    if (plan) {
      plan.struck();
      return plan.misfortune;
    }
    const roll = unit();
    if (roll < ills.throttles) return "throttle";
    return roll < ills.throttles + ills.lostAnswers ? "lose" : undefined;
  }

  return {
    counts,
    of(call: AwsCall): Misfortune | undefined {
      const misfortune = chosen(call);
      if (misfortune) counts[misfortune]++;
      return misfortune;
    },
    /** From now on, of all calls by functions. */
    set: (rates: Ills) => void (ills = rates),
    /** Strikes the next call that matches, once; resolves when it has. */
    next(misfortune: Misfortune, matches: (call: AwsCall) => boolean): Promise<void> {
      return new Promise((struck) => {
        planned.push({ matches, misfortune, struck });
      });
    },
  };
}
