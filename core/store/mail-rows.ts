import type { Event } from "../kernel/event.ts";
import type { Run } from "../kernel/run.ts";
import type { Operation } from "../ports/table.ts";
import { type OwedMail, owedMail } from "./outbox.ts";

/**
 * The mails that events make owed: to those who are asked, who are asked now instead of others, and
 * who are reminded. A mail is owed and not sent: a row that stays until the mailer has taken it.
 *
 * It is named after the event that it is about, so that who is asked twice gets two mails, and who
 * is written to again after a crash gets the same one.
 */
export function mailRows(before: Run, after: Run, events: readonly Event[]): readonly Operation[] {
  const first = after.seq - events.length + 1;
  return events.flatMap((event, index) =>
    asked(before, after, event).map(({ task, to, occasion }): Operation => {
      const again = occasion === undefined ? "" : `#${first + index}`;
      const mail: OwedMail = {
        tenant: after.tenant,
        id: `${task}#${to}${again}`,
        runId: after.id,
        task,
        approver: to,
        version: 1,
        ...(occasion === "reminder" && { occasion }),
      };
      return { type: "put", item: owedMail(mail, after.at) };
    }),
  );
}

type Asked = Readonly<{ task: string; to: string; occasion?: "reminder" | "instead" }>;

function asked(before: Run, after: Run, event: Event): readonly Asked[] {
  switch (event.type) {
    case "task.created": {
      const { task, approvers, email } = event;
      return email ? approvers.filter(isAddress).map((to) => ({ task, to })) : [];
    }
    case "task.reassigned":
      return written(before, after, event.task, event.assignees, "instead");
    case "task.reminded":
      return written(before, after, event.task, event.to, "reminder");
    case "task.escalated": {
      const occasion = event.action === "reassign" ? "instead" : "reminder";
      return written(before, after, event.task, event.to, occasion);
    }
    default:
      return [];
  }
}

function written(
  before: Run,
  after: Run,
  task: string,
  people: readonly string[],
  occasion: "reminder" | "instead",
): readonly Asked[] {
  const open = before.tasks[task] ?? after.tasks[task];
  if (!open?.email) return [];
  return people.filter(isAddress).map((to) => ({ task, to, occasion }));
}

export function isAddress(text: string): boolean {
  return /^[^\s@<>"(),:;]+@[^\s@<>"(),:;]+$/.test(text);
}
