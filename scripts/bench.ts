import { benchAws } from "./bench/aws-cost.ts";
import { type Load, startLoad } from "./bench/load.ts";
import { benchLongRun } from "./bench/long-run.ts";
import { reportMachine } from "./bench/machine.ts";
import { type BenchName, type Options, readOptions, USAGE } from "./bench/options.ts";
import { benchRecovery } from "./bench/recovery.ts";
import { note } from "./bench/report.ts";
import { benchSignals } from "./bench/signals.ts";
import { benchTenSteps } from "./bench/ten-steps.ts";
import { benchWaiting } from "./bench/waiting.ts";

const RUN: Readonly<Record<BenchName, (load: Load, options: Options) => Promise<void>>> = {
  "ten-steps": benchTenSteps,
  signals: benchSignals,
  waiting: benchWaiting,
  recovery: benchRecovery,
  "long-run": benchLongRun,
};

/** `npm run bench`: the real server under load over HTTP, one line of JSON for each measurement. */
async function main(options: Options): Promise<void> {
  if (options.aws) return benchAws();
  await reportMachine(options);
  const load = startLoad();
  try {
    for (const name of options.only) {
      note(`bench: ${name}`);
      await RUN[name](load, options);
    }
  } finally {
    load.close();
  }
}

const read = readOptions(process.argv.slice(2));
if (read.ok) await main(read.options);
else {
  note(`${read.fault}\n${USAGE}`);
  process.exitCode = 2;
}
