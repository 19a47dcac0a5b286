import type { Mail } from "../../ports/mailer.ts";
import type { TaskView } from "../views.ts";
import { approvalMailHtml } from "./approval-mail-html.ts";
import { type ApprovalText, approvalText, CUT, HARMLESS, PERSONAL } from "./approval-text.ts";
import { oneLine } from "./plain-text.ts";

/** The mail that asks one approver. Nothing in it is secret but the link. */
export function approvalMail(request: {
  task: TaskView;
  approver: string;
  url: string;
  mailId: string;
  isReminder?: boolean;
}): Mail {
  const { task, url, mailId, isReminder } = request;
  const what = isReminder ? "Reminder, decision needed" : "Decision needed";
  const to = oneLine(request.approver, 320);
  const text = approvalText(task, to, url);
  return {
    id: mailId,
    to,
    subject: `${what}: ${oneLine(task.title, 120)} [run ${shortId(task.runId)}]`,
    text: plainPart(text),
    html: approvalMailHtml(text),
    links: [url],
  };
}

function plainPart(text: ApprovalText): string {
  const preview = text.preview && `This is what you decide on:\n\n${indented(text.preview)}`;
  const paragraphs = [
    `You are asked to decide: ${text.title}`,
    indented(text.description),
    preview,
    text.previewComplete ? "" : CUT,
    `${text.due}\nPossible decisions: ${text.options.join(", ")}`,
    `Read everything and decide here:\n${text.url}`,
    `${HARMLESS}\n${PERSONAL}`,
    `-- \n${text.origin}`,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}

/** What a workflow wrote stands apart, so that it cannot pass for what this mail says itself. */
function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

/** The tail of an id is its random part, enough to tell runs in one mailbox apart. */
function shortId(id: string): string {
  return oneLine(id).slice(-8);
}
