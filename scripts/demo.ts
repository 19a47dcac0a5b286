import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Call, openRefundDesk } from "../examples/refund-desk.ts";
import { killInTheMiddle, restart } from "./demo/acts/crash.ts";
import { approve, ask } from "./demo/acts/decide.ts";
import { finish, verify } from "./demo/acts/evidence.ts";
import { plan, prepare } from "./demo/acts/plan.ts";
import { ClaimFailed, openClaims } from "./demo/claims.ts";
import { openScreen } from "./demo/screen.ts";
import { openStage, type Stage } from "./demo/stage.ts";
import { exitOnSignals, tempFolder } from "./demo/temp-folders.ts";

const OUTPUT_LINES = 20;
/** A demo that hangs has failed. */
const DEADLINE_MS = 60_000;

const screen = openScreen({
  write: (text) => process.stdout.write(text),
  colours: process.stdout.isTTY && !process.env["NO_COLOR"],
  elapsed: () => performance.now(),
});

/** `npm run demo`: plan, act, die, go on, ask, verify. Ends with 0 only if every claim was true. */
async function main(): Promise<number> {
  exitOnSignals();
  screen.blank();
  screen.title("Holdfast: one complaint, from a model's plan to a ledger that can be verified");
  screen.blank();
  screen.say(
    "Everything here happens on this machine as you read it. The server is a process of its own, " +
      "the refund desk is an HTTP service, kill -9 is SIGKILL. Only the model is a mock: it plays " +
      "a script, and says so. Each ✓ was checked; the first that is not true ends the demo.",
  );

  let stage: Stage | undefined;
  try {
    stage = await setStage();
    await Promise.race([tell(stage), overdue()]);
  } catch (error) {
    report(error, stage);
    return 1;
  }
  close(stage);
  return 0;
}

async function tell(stage: Stage): Promise<void> {
  await prepare(stage);
  const runId = await plan(stage);
  await killInTheMiddle(stage, runId);
  await restart(stage, runId);
  const link = await ask(stage, runId);
  await approve(stage, link);
  await finish(stage, runId);
  await verify(stage, runId);
}

async function overdue(): Promise<never> {
  await delay(DEADLINE_MS, undefined, { ref: false });
  throw new Error(`the demo did not end within ${DEADLINE_MS / 1000} s`);
}

async function setStage(): Promise<Stage> {
  const deskSecret = randomBytes(18).toString("base64url");
  const { promise: held, resolve: hold } = Promise.withResolvers<Call>();
  let calls = 0;
  const desk = await openRefundDesk({
    secret: deskSecret,
    async beforeAnswering(call) {
      calls++;
      if (calls !== 2) return;
      hold(call);
      // Its caller will not live to hear the answer, so there is none.
      await new Promise(() => undefined);
    },
  });
  return openStage({
    screen,
    claims: openClaims(screen),
    dataFolder: tempFolder("demo"),
    apiKey: `hf_${randomBytes(18).toString("base64url")}`,
    deskSecret,
    desk,
    held,
  });
}

function close({ claims }: Stage): void {
  screen.act("What was checked");
  claims.table();
  screen.blank();
  const seconds = (performance.now() / 1000).toFixed(1);
  screen.title(`${claims.count()} of ${claims.count()} claims are true, in ${seconds} s.`);
  screen.say("`npm start` gives you this server to play with; README.md has the first commands.");
  screen.blank();
}

function report(error: unknown, stage: Stage | undefined): void {
  screen.blank();
  const isClaim = error instanceof ClaimFailed;
  screen.title(
    isClaim ? "The demo ends here: this claim is not true." : "The demo could not go on.",
  );
  const text = isClaim ? error.message : String(error instanceof Error ? error.stack : error);
  for (const line of text.split("\n")) process.stdout.write(`  ${line}\n`);
  const output = stage?.lastOutput().trimEnd().split("\n").slice(-OUTPUT_LINES) ?? [];
  screen.blank();
  screen.say("The server's last lines:");
  for (const line of output) screen.quote(line);
}

// What is still open, the desk and the server, must not keep a failed demo alive.
process.exit(await main());
