import { instantText, parseInstant } from "../../kernel/duration.ts";
import type { TaskView } from "../views.ts";
import { oneLine, plainText } from "./plain-text.ts";
import { readable } from "./readable.ts";

/** What both parts of the mail say, as plain text. */
export type ApprovalText = Readonly<{
  title: string;
  description: string;
  preview: string;
  previewComplete: boolean;
  options: readonly string[];
  due: string;
  url: string;
  approver: string;
  origin: string;
}>;

export const HARMLESS = "Opening the link decides nothing. You decide on the page it opens.";
export const PERSONAL =
  "The link is yours alone: whoever has it can decide in your name. Replies are not read.";
export const CUT = "This is shortened. The page shows all of it.";

const DESCRIPTION_LENGTH_MAX = 4000;

export function approvalText(task: TaskView, approver: string, url: string): ApprovalText {
  const preview = task.preview === null ? undefined : readable(task.preview);
  const description = plainText(task.description ?? "").trim();
  return {
    title: oneLine(task.title),
    description:
      description.length <= DESCRIPTION_LENGTH_MAX
        ? description
        : `${description.slice(0, DESCRIPTION_LENGTH_MAX).toWellFormed()}…`,
    preview: preview?.text ?? "",
    previewComplete: preview?.complete ?? true,
    options: task.options.map(({ label }) => oneLine(label)),
    due: dueText(task.due),
    url,
    approver,
    origin: `Workflow ${task.workflow}, run ${task.runId}, task ${task.id}`,
  };
}

function dueText(due: string | null): string {
  const at = due === null ? undefined : parseInstant(due);
  if (at === undefined) return "There is no due date.";
  return `Decide by ${instantText(at).slice(0, 16).replace("T", " ")} UTC.`;
}
