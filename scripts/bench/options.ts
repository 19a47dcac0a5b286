import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

export const BENCHES = ["ten-steps", "signals", "waiting", "recovery", "long-run"] as const;
export type BenchName = (typeof BENCHES)[number];

export type Options = Readonly<{
  /** What a step costs on AWS, instead of everything else. */
  aws: boolean;
  only: readonly BenchName[];
  /** How long each level of load is measured, and how long it is warmed up before. */
  measureMs: number;
  warmUpMs: number;
  /** How many approvals and events are answered. */
  signals: number;
  waitingRuns: number;
  interruptedRuns: number;
  /** How many events the long run has. */
  longRunEvents: number;
  /** Where data folders are made. A file system in memory would make every fsync free. */
  parentFolder: string;
}>;

export type OptionsResult =
  | Readonly<{ ok: true; options: Options }>
  | Readonly<{ ok: false; fault: string }>;

export const USAGE = `npm run bench -- [--aws] [--quick] [--only ${BENCHES.join("|")}] [--seconds N] [--folder DIR]`;

const FULL = { measureMs: 10_000, warmUpMs: 3_000, signals: 500, waitingRuns: 5_000 };
const QUICK = { measureMs: 300, warmUpMs: 200, signals: 20, waitingRuns: 100 };

/** Reads the command line. `--quick` is for seeing that it works; its figures mean little. */
export function readOptions(args: readonly string[]): OptionsResult {
  let values: ReturnType<typeof parsed>;
  try {
    values = parsed(args);
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error));
  }
  const { aws = false, quick = false, only = [], seconds, folder = tmpdir() } = values;
  const unknown = only.find((name) => !isBench(name));
  if (unknown !== undefined) {
    return fault(`There is no bench "${unknown}". There are ${BENCHES.join(", ")}.`);
  }
  const measureMs = seconds === undefined ? undefined : Number(seconds) * 1_000;
  if (measureMs !== undefined && !(measureMs >= 100 && measureMs <= 3_600_000)) {
    return fault(`--seconds must be a number from 0.1 to 3600, not "${seconds}".`);
  }
  const sizes = quick ? QUICK : FULL;
  const options: Options = {
    ...sizes,
    aws,
    ...(measureMs !== undefined && { measureMs }),
    only: only.length === 0 ? BENCHES : only.filter(isBench),
    interruptedRuns: quick ? 20 : 200,
    longRunEvents: quick ? 1_000 : 100_000,
    parentFolder: folder,
  };
  return { ok: true, options };
}

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      aws: { type: "boolean" },
      quick: { type: "boolean" },
      only: { type: "string", multiple: true },
      seconds: { type: "string" },
      folder: { type: "string" },
    },
  }).values;
}

function isBench(name: string): name is BenchName {
  return BENCHES.some((bench) => bench === name);
}

function fault(text: string): OptionsResult {
  return { ok: false, fault: text };
}
