export type Summary = Readonly<{
  count: number;
  mean: number;
  p50: number;
  p99: number;
  max: number;
}>;

/** The smallest sample that at least `share` of all samples do not pass (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return ranked(sorted, share);
}

/** What a bench prints of its samples. All zero when there were none. */
export function summary(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const sum = sorted.reduce((total, sample) => total + sample, 0);
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
    p50: ranked(sorted, 0.5),
    p99: ranked(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}

export type Stopwatch = Readonly<{
  /** Runs `work` and keeps how long it took, in milliseconds. Failures are not measured. */
  time<T>(work: () => Promise<T>): Promise<T>;
  samples(): readonly number[];
  summary(): Summary;
}>;

/** Collects durations of real time. Virtual clocks do not move it. */
export function stopwatch(): Stopwatch {
  const samples: number[] = [];
  return {
    async time(work) {
      const began = performance.now();
      const result = await work();
      samples.push(performance.now() - began);
      return result;
    },
    samples: () => samples,
    summary: () => summary(samples),
  };
}

function ranked(sorted: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? 0;
}
