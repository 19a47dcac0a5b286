import { parseArgs } from "node:util";
import { connect } from "../client/index.ts";
import { seeded } from "../test/support/seeded.ts";
import { careful } from "./kill/careful-tool.ts";
import { loadOf } from "./kill/load.ts";
import { brokenTruths } from "./kill/truths.ts";
import { killAgainAndAgain, openVictim } from "./kill/victim.ts";
import { calls, family, waits } from "./kill/workflows.ts";

/** How long what is under way may take to end once nobody kills any more. */
const END_MS_MAX = 120_000;

/**
 * `npm run test:kill`: the real server is killed every 50 to 500 ms while a load of runs, decisions
 * and events is on it. Afterwards, what it had acknowledged is looked for from outside.
 */
async function main(seconds: number, seed: number): Promise<boolean> {
  const random = seeded(seed);
  const [victim, tool] = await Promise.all([openVictim(), careful(seeded(seed + 1))]);
  const holdfast = connect({ url: victim.url, key: victim.key });
  console.log(`kill: ${seconds} s with seed ${seed}`);
  try {
    victim.launch();
    await victim.ready();
    await holdfast.tools.put("act", { kind: "http", config: { url: tool.url } });
    for (const one of [calls, waits, family]) await holdfast.workflows.publish(one);
    await victim.kill();

    let isOver = false;
    let giveUpAt = Number.POSITIVE_INFINITY;
    const loading = loadOf(
      victim,
      () => isOver,
      () => giveUpAt,
    );
    // Should it end by a fault, that is told when it is awaited, below.
    loading.catch(() => undefined);
    const deaths = await killAgainAndAgain(victim, random, seconds * 1_000);
    isOver = true;
    giveUpAt = performance.now() + END_MS_MAX;
    const { runs, requests, unanswered } = await loading;

    const effects = tool.effects();
    const broken = await brokenTruths(holdfast, runs, effects);
    const asked = effects.reduce((sum, effect) => sum + effect.asked, 0);
    const report = { ...deaths, runs: runs.length, requests, unanswered };
    console.log(
      JSON.stringify({
        ...report,
        effects: effects.length,
        callsRepeated: asked - effects.length,
        complaints: victim.errors.length,
      }),
    );
    for (const complaint of victim.errors.slice(0, 10))
      console.log(`  the server said: ${complaint}`);
    for (const what of broken.slice(0, 50)) console.log(`  BROKEN: ${what}`);
    const isTried = deaths.kills > 0 && runs.length > 0;
    if (!isTried) console.log("kill: nothing was killed, or nothing was run: this shows nothing");
    return isTried && broken.length === 0;
  } finally {
    await victim.close();
    tool.close();
  }
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  console.error("npm run test:kill -- [--seconds N] [--seed N]");
  process.exitCode = 2;
} else if (await main(seconds, seed)) console.log("kill: every promise held");
else {
  console.log(`kill: broken; again with npm run test:kill -- --seconds ${seconds} --seed ${seed}`);
  process.exitCode = 1;
}
