import { parseArgs } from "node:util";
import { simulate } from "../test/support/simulation.ts";

const SEEDS = 500;

/** `--seed 7` tells one history again, `--seeds 5000` that many; exits 1 on a violation. */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: String(SEEDS) },
    from: { type: "string", default: "1" },
    "until-wrong": { type: "boolean", default: false },
  },
});

const first = numberOf(values.seed ?? values.from);
const count = values.seed === undefined ? numberOf(values.seeds) : 1;
const began = performance.now();
const failed: number[] = [];
let events = 0;
let crashes = 0;

let seed = first;
// What breaks the history itself is told with its seed, too: it comes from where nobody awaits it.
process.on("uncaughtException", (error) => {
  console.log(`seed ${seed}:\n  ${error.message}`);
  process.exit(1);
});
for (; seed < first + count; seed++) {
  const told = await simulate(seed);
  events += told.events;
  crashes += told.crashes;
  if (values.seed !== undefined) console.log(told);
  if (told.violations.length === 0) continue;
  failed.push(seed);
  console.log(`seed ${seed}:`);
  for (const violation of told.violations) console.log(`  ${violation}`);
  if (values["until-wrong"]) break;
}

const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(`${count} histories, ${events} events, ${crashes} crashes, in ${seconds} s`);
if (failed.length > 0) {
  console.log(`wrong in ${failed.length}: npm run simulate -- --seed ${failed[0]}`);
}
// Calls of processes that died in a history wait for answers that never come.
process.exit(failed.length > 0 ? 1 : 0);

function numberOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${text} is not a whole number`);
}
