import { setTimeout as delay } from "node:timers/promises";
import type { Mail } from "../../../core/ports/mailer.ts";
import { APPROVER } from "../complaint.ts";
import { look } from "../look.ts";
import { scan } from "../mail-scanner.ts";
import { openPage, press } from "../person.ts";
import type { Stage } from "../stage.ts";

const SCANS = 30;
const MAIL_MS_MAX = 10_000;
const TOKEN_SHOWN = 24;

/** Act 4: a mail asks a person, and a scanner opens its link thirty times. Returns the link. */
export async function ask(stage: Stage, runId: string): Promise<string> {
  const { screen, claims } = stage;
  screen.act("Act 4 · A person is asked, and a mail scanner opens the link first");
  const run = await look.run(stage, runId);
  const [waiting] = run.waitingOn;
  claims.check({
    what: "the run waits, and says for what",
    came: [run.status, waiting?.kind, waiting?.node],
    expected: ["waiting", "approval", "approve"],
    seen: "waiting: approval",
  });
  const mails = await mailsSent(stage);
  claims.check({
    what: "one mail was sent, to the approver, with one link",
    came: mails.map(({ to, links }) => [to, links.length]),
    expected: [[APPROVER, 1]],
    seen: APPROVER,
  });
  const [mail] = mails;
  const link = mail?.links[0] ?? "";
  screen.blank();
  screen.quote(
    `To:      ${mail?.to}\nSubject: ${mail?.subject}\n\n${shown(mail?.text ?? "", link)}`,
  );
  screen.blank();

  const taskId = waiting?.task ?? "";
  const before = await everything(stage, runId, taskId);
  const statuses = await scan(link, SCANS);
  const came = Object.entries(statuses).map(([name, count]) => `${count} × ${name}`);
  screen.fact("scanner", came.join(", "));
  claims.check({
    what: `${SCANS} scanner requests changed neither run, task, ledger nor mail`,
    came: await everything(stage, runId, taskId),
    expected: before,
    seen: "the same before and after",
  });
  return link;
}

/** Act 5: the person opens the link, reads and approves. */
export async function approve(stage: Stage, link: string): Promise<void> {
  const { screen, claims, desk } = stage;
  screen.act("Act 5 · The person approves");
  const paid = desk.payments().length;
  const page = await openPage(link);
  screen.fact("page", page.title);
  for (const fact of page.facts) screen.fact("", fact);
  screen.fact("buttons", page.decisions.join(", "));
  claims.check({
    what: "the page shows what is decided on; nothing is paid for it yet",
    came: [page.status, page.facts.includes("amount: 249"), paid],
    expected: [200, true, 2],
    seen: `amount: 249, ${paid} payments`,
  });
  const receipt = await press(page, "approved", "As agreed on the phone.");
  screen.fact("receipt", receipt.facts.slice(0, 4).join(" · "));
  claims.check({
    what: "the form, sent as a browser sends it, answers the receipt",
    came: [receipt.status, receipt.facts.slice(0, 2)],
    expected: [200, ["Decision: Approve", `Decided by: ${APPROVER}`]],
    seen: `200, by ${APPROVER}`,
  });
  const twice = await press(page, "approved", "As agreed on the phone.");
  const other = await press(page, "rejected", "");
  claims.check({
    what: "the same again is the same receipt; another decision is refused",
    came: [twice.status, twice.facts, other.status],
    expected: [200, receipt.facts, 409],
    seen: "200, then 409",
  });
  const unknown = await openPage(`${link.slice(0, -4)}AAAA`);
  claims.check({
    what: "a link that was tampered with opens nothing",
    came: unknown.status,
    expected: 410,
  });
}

/** All that a decision, or anything else, would change. */
async function everything(stage: Stage, runId: string, taskId: string): Promise<unknown> {
  const { head } = await look.ledger(stage, runId);
  const { length: mails } = await look.mails(stage);
  return [await look.run(stage, runId), await look.task(stage, taskId), head, mails];
}

/** The mail is owed from the moment the run waits, and sent right after. */
async function mailsSent(stage: Stage): Promise<readonly Mail[]> {
  const until = performance.now() + MAIL_MS_MAX;
  for (;;) {
    const mails = await look.mails(stage);
    if (mails.length > 0 || performance.now() > until) return mails;
    await delay(20);
  }
}

/** A signed link is long, and whoever has it may use it: its beginning is enough here. */
function shown(text: string, link: string): string {
  const start = link.slice(0, link.indexOf("/approve/") + "/approve/".length + TOKEN_SHOWN);
  const hidden = link.length - start.length;
  return text.replaceAll(link, `${start}… (${hidden} more characters)`);
}
