/** Numbers to hold, as ARCHITECTURE.md has them. */
const BARS = {
  runsPerS: { atLeast: 1_000 },
  cpuSPer1000Steps: { atMost: 0.1 },
  signalToDoneMs: { atMost: 2 },
  runningAgainMs: { atMost: 500 },
  /** From listening, where the one above counts from spawning the process. */
  goingAgainMs: { atMost: 500 },
  pageMs: { atMost: 1_000 },
  diskBytesPerWaitingRun: { atMost: 4_096 },
  writeUnitsPerStep: { atMost: 2.4 },
  usdPerMillionSteps: { atMost: 2 },
} as const satisfies Readonly<Record<string, { atLeast: number } | { atMost: number }>>;

export type Bar = keyof typeof BARS;
type Figures = Readonly<Record<string, unknown>>;

/** One measurement: a line of JSON on stdout. */
export function report(bench: string, figures: Figures): void {
  process.stdout.write(`${JSON.stringify({ bench, ...figures }, shortened)}\n`);
}

/** What only a person needs to read. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How the figures stand to their bars: 1 holds one exactly, 2 is twice as good, 0.5 half. */
export function ratios(figures: Readonly<Partial<Record<Bar, number>>>): Figures {
  const names = (Object.keys(BARS) as Bar[]).filter((name) => figures[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, ratio(name, figures[name] ?? 0)]));
}

function ratio(name: Bar, figure: number): number | null {
  const bar = BARS[name];
  if ("atLeast" in bar) return figure / bar.atLeast;
  return figure <= 0 ? null : bar.atMost / figure;
}

/** Four digits say all that a measurement knows. */
function shortened(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
