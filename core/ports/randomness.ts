/** Chance, as an argument, so that a simulation can repeat itself. */
export interface Randomness {
  /** 16 random bytes as lower-case hex. */
  hex(): string;
  /** In [0, 1). */
  unit(): number;
}
