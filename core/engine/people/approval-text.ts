import { instantText, parseInstant } from "../../kernel/duration.ts";
import type { TaskView } from "../views.ts";
import { oneLine, plainText } from "./plain-text.ts";
import { readable } from "./readable.ts";

/** What a mail calls what is asked, by the kind of the task. */
export type Words = Readonly<{
  /** What the subject begins with. */
  needed: string;
  lead: string;
  about: string;
  button: string;
  read: string;
  harmless: string;
  by: string;
}>;

const WORDS: Readonly<Record<TaskView["kind"], Words>> = {
  approval: {
    needed: "Decision needed",
    lead: "You are asked to decide",
    about: "This is what you decide on:",
    button: "Read and decide",
    read: "Read everything and decide here:",
    harmless: "Opening the link decides nothing. You decide on the page it opens.",
    by: "Decide by",
  },
  form: {
    needed: "Form to fill in",
    lead: "You are asked to fill in a form",
    about: "This is what it is about:",
    button: "Open the form",
    read: "Fill it in here:",
    harmless: "Opening the link sends nothing. You send your answer on the page it opens.",
    by: "Answer by",
  },
  ask: {
    needed: "Question",
    lead: "You are asked",
    about: "This is what it is about:",
    button: "Answer",
    read: "Answer here:",
    harmless: "Opening the link sends nothing. You send your answer on the page it opens.",
    by: "Answer by",
  },
};

export function wordsOf({ kind }: Pick<TaskView, "kind">): Words {
  return WORDS[kind];
}

/** What both parts of the mail say, as plain text. */
export type ApprovalText = Readonly<{
  words: Words;
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

export const PERSONAL =
  "The link is yours alone: whoever has it can answer in your name. Replies are not read.";
export const CUT = "This is shortened. The page shows all of it.";

const DESCRIPTION_LENGTH_MAX = 4000;

export function approvalText(task: TaskView, approver: string, url: string): ApprovalText {
  const preview = task.preview === null ? undefined : readable(task.preview);
  const description = plainText(task.description ?? "").trim();
  const words = wordsOf(task);
  return {
    words,
    title: oneLine(task.title),
    description:
      description.length <= DESCRIPTION_LENGTH_MAX
        ? description
        : `${description.slice(0, DESCRIPTION_LENGTH_MAX).toWellFormed()}…`,
    preview: preview?.text ?? "",
    previewComplete: preview?.complete ?? true,
    options: task.options.map(({ label }) => oneLine(label)),
    due: dueText(task.due, words),
    url,
    approver,
    origin: `Workflow ${task.workflow}, run ${task.runId}, task ${task.id}`,
  };
}

function dueText(due: string | null, { by }: Words): string {
  const at = due === null ? undefined : parseInstant(due);
  if (at === undefined) return "There is no due date.";
  return `${by} ${instantText(at).slice(0, 16).replace("T", " ")} UTC.`;
}
