import { existsSync, readFileSync } from "node:fs";
import { APPROVER, START, START_KEY } from "../complaint.ts";
import { look, runIn, type Verdict } from "../look.ts";
import type { Stage } from "../stage.ts";
import { alterCopy, databaseHash, databaseOf } from "../tamper.ts";
import { tempFolder } from "../temp-folders.ts";
import { timeline } from "../timeline.ts";

/** Act 6: the run ends, and its timeline. */
export async function finish(stage: Stage, runId: string): Promise<void> {
  const { screen, claims, desk } = stage;
  screen.act("Act 6 · The run succeeds");
  const run = runIn(await stage.client().post("/v1/runs?wait=20", START, START_KEY));
  const events = await look.events(stage, runId);
  screen.fact("output", JSON.stringify(run.output));
  screen.blank();
  for (const line of timeline(events)) screen.row(line);
  screen.blank();
  claims.check({
    what: "the run succeeded with all three refunds",
    came: [run.status, run.output],
    expected: ["succeeded", { refunds: 3, paid: 282.9 }],
    seen: "succeeded, 282.90 EUR",
  });
  claims.check({
    what: "the desk was asked four times and paid three",
    came: [desk.calls().length, desk.payments().map(({ amount }) => amount)],
    expected: [4, [9.9, 24, 249]],
    seen: "4 calls, 3 payments",
  });
  claims.check({
    what: "the events are numbered from 1 without a gap",
    came: events.map(({ seq }) => seq),
    expected: events.map((_, index) => index + 1),
    seen: `1 to ${events.length}`,
  });
  const answers = [run, events, await look.mails(stage), await look.tool(stage, "refund")];
  const places = [JSON.stringify(answers), stage.server().output(), rowsOf(stage.dataFolder)];
  claims.check({
    what: "the desk's secret is in no answer, event, mail, log or row",
    came: places.map((text) => text.includes(stage.deskSecret)),
    expected: [false, false, false],
    seen: "not found",
  });
}

/** Act 7: the ledger verifies; in a copy with one byte altered it does not, and says where. */
export async function verify(stage: Stage, runId: string): Promise<void> {
  const { screen, claims, dataFolder } = stage;
  screen.act("Act 7 · The ledger verifies, and an altered copy does not");
  const good = await look.ledger(stage, runId);
  screen.fact("ledger", summary(good));
  claims.check({
    what: "the run's ledger verifies",
    came: [good.ok, good.errors],
    expected: [true, []],
    seen: `${good.count} events, ok`,
  });
  const exit = await stage.server().stop();
  claims.check({
    what: "SIGTERM ends the server in order",
    came: exit.code,
    expected: 0,
    seen: "exit 0",
  });

  const original = databaseHash(dataFolder);
  const copy = tempFolder("altered");
  const altered = alterCopy({ from: dataFolder, to: copy, runId, text: APPROVER, first: "m" });
  const { seq, types } = altered;
  screen.fact("altered", `in a copy, one byte of event ${seq}, ${types[0]}: who approved`);
  screen.quote(`before  …${altered.before}…\nafter   …${altered.after}…`);
  await stage.start(copy);
  const bad = await look.ledger(stage, runId);
  screen.fact("ledger", summary(bad));
  claims.check({
    what: "in the copy, verification fails and names the altered event",
    came: [bad.ok, bad.errors],
    expected: [false, [{ seq, type: "content_mismatch" }]],
    seen: `event ${seq}: content_mismatch`,
  });
  await stage.server().stop();
  claims.check({
    what: "the original is as it was",
    came: databaseHash(dataFolder),
    expected: original,
    seen: `sha256 ${original.slice(0, 16)}…`,
  });
}

function summary({ ok, count, head, errors }: Verdict): string {
  const found = errors.map(({ seq, type }) => `event ${seq} ${type}`).join(", ");
  return `ok: ${ok}, ${count} events, head ${head.slice(0, 12)}…, errors: ${found || "none"}`;
}

/** The bytes of the database, those included that are not yet in its main file. */
function rowsOf(folder: string): string {
  const files = [databaseOf(folder), `${databaseOf(folder)}-wal`];
  return files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "latin1"))
    .join("");
}
