/** Chance that can be had again: the same seed gives the same sequence. */
export type Chance = Readonly<{
  /** In [0, 1). */
  unit(): number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
  hex(): string;
}>;

/** Mulberry32, by Tommy Ettinger: small, quick, and even enough to shake a state machine. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  function unit(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
  const whole = (from: number, to: number) => from + Math.floor(unit() * (to - from + 1));
  return {
    unit,
    whole,
    happens: (probability) => unit() < probability,
    pick(values) {
      const picked = values[whole(0, values.length - 1)];
      if (picked === undefined) throw new Error("there is nothing to pick from");
      return picked;
    },
    hex: () =>
      Array.from({ length: 4 }, () =>
        Math.floor(unit() * 0x1_0000_0000)
          .toString(16)
          .padStart(8, "0"),
      ).join(""),
  };
}
