import { isSame } from "../../kernel/decisions/decide-task.ts";
import { parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Clock } from "../../ports/clock.ts";
import { Fault } from "../../ports/fault.ts";
import type { Log } from "../../ports/log.ts";
import type { Mailer } from "../../ports/mailer.ts";
import type { Signer } from "../../ports/signer.ts";
import type { Key } from "../../ports/table.ts";
import type { Outbox, OwedMail, OwedRow } from "../../store/outbox.ts";
import type { TaskView } from "../views.ts";
import { approvalMail } from "./approval-mail.ts";
import { linkUrl, makeLink } from "./link-token.ts";

const ATTEMPTS_MAX = 10;
const BACKOFF_MS = 30_000;
const BACKOFF_MS_MAX = 3_600_000;
/** How long a link lives whose task has no due date. */
const LINK_LIFE_MS = 90 * 86_400_000;

export type SendMailDeps = Readonly<{
  outbox: Outbox;
  taskOf: (tenant: string, task: string) => Promise<TaskView | undefined>;
  mailer: Mailer;
  signer: Signer;
  clock: Clock;
  /** Where approvers reach us, without a slash at its end. */
  publicUrl: string;
  log: Log;
}>;

export type SendMailOutcome =
  /** Somebody else has settled it, or it is not its time. */
  "nothing to do" | "sent" | "no longer wanted" | "postponed" | "given up";

/**
 * Sends one mail that is owed, and only then removes its row.
 *
 * A crash between the two sends it again under the same id, which is the mailer's to recognize; a
 * mail that is never sent would be a run that waits for ever.
 */
export async function sendOwed(deps: SendMailDeps, key: Key): Promise<SendMailOutcome> {
  const row = await deps.outbox.read(key);
  if (!row || row.dead || row.notBefore > deps.clock.now()) return "nothing to do";

  const task = await deps.taskOf(row.mail.tenant, row.mail.task);
  if (task !== undefined && !(isOpen(task) && isAsked(task, row.mail))) {
    await deps.outbox.remove(row.mail);
    return "no longer wanted";
  }
  try {
    if (task === undefined) throw new Fault("its task cannot be read", { retryable: true });
    await sendMail(deps, row.mail, task);
  } catch (error) {
    return notSent(deps, row, error);
  }
  await deps.outbox.remove(row.mail);
  return "sent";
}

/** Others may be asked by now, and whoever has decided need not be reminded of it. */
function isAsked(
  { assignees, groups, claimedBy, decisions }: TaskView,
  { approver, occasion }: OwedMail,
): boolean {
  const asked = [...assignees, ...groups, claimedBy];
  if (isAddress(approver) && !asked.includes(approver)) return false;
  return occasion !== "reminder" || !decisions.some(({ by }) => isSame(by, approver));
}

function isOpen({ status }: TaskView): boolean {
  return status === "open" || status === "claimed";
}

async function sendMail(deps: SendMailDeps, mail: OwedMail, task: TaskView): Promise<void> {
  const { approver, version, tenant, runId, occasion } = mail;
  if (!isAddress(approver)) throw new Fault("its approver is no address", { retryable: false });

  const expires = expiryOf(task);
  const claims = { tenant, runId, task: task.id, approver, expires, version };
  const url = linkUrl(deps.publicUrl, await makeLink(deps.signer, claims));
  const isReminder = occasion === "reminder";
  await deps.mailer.send(approvalMail({ task, approver, url, mailId: mail.id, isReminder }));
}

/** One address and no more: a list in its place would send one person's link to several. */
function isAddress(text: string): boolean {
  return /^[^\s@,;:<>"()]+@[^\s@,;:<>"()]+$/u.test(text);
}

/** Depends on the task alone, so that a mail sent twice carries the same link. */
function expiryOf({ due, createdAt }: TaskView): Instant {
  const at = due === null ? undefined : parseInstant(due);
  return at ?? (parseInstant(createdAt) ?? 0) + LINK_LIFE_MS;
}

async function notSent(deps: SendMailDeps, row: OwedRow, error: unknown): Promise<SendMailOutcome> {
  const { tenant, id, task } = row.mail;
  const failures = row.attempts + 1;
  const hopeless = error instanceof Fault && !error.retryable;
  // Only our own faults are known to say nothing but ids; others may quote the mail, link included.
  const reason = error instanceof Fault ? error.message : "the mailer failed";

  if (hopeless || failures >= ATTEMPTS_MAX) {
    deps.log.error("mail given up", { tenant, mail: id, task, attempts: failures, reason });
    await deps.outbox.bury(row);
    return "given up";
  }
  deps.log.error("mail postponed", { tenant, mail: id, task, attempts: failures, reason });
  const delayMs = Math.min(BACKOFF_MS * 2 ** row.attempts, BACKOFF_MS_MAX);
  await deps.outbox.postpone(row, deps.clock.now() + delayMs);
  return "postponed";
}
