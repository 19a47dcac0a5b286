import type { Mail } from "../../ports/mailer.ts";
import type { TaskView } from "../views.ts";
import { approvalMailHtml } from "./approval-mail-html.ts";
import { type ApprovalText, approvalText, CUT, PERSONAL, wordsOf } from "./approval-text.ts";
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
  const { needed } = wordsOf(task);
  const what = isReminder ? `Reminder, ${needed.toLowerCase()}` : needed;
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
  const { words } = text;
  const preview = text.preview && `${words.about}\n\n${indented(text.preview)}`;
  const options = text.options.length > 0 ? `\nPossible decisions: ${text.options.join(", ")}` : "";
  const paragraphs = [
    `${words.lead}: ${text.title}`,
    indented(text.description),
    preview,
    text.previewComplete ? "" : CUT,
    `${text.due}${options}`,
    `${words.read}\n${text.url}`,
    `${words.harmless}\n${PERSONAL}`,
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
