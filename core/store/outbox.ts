import type { Instant } from "../kernel/json.ts";
import type { Item, Key, Table } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/** A mail that is owed to one approver of one task. */
export type OwedMail = Readonly<{
  tenant: string;
  /** The same for one intent to send, whoever sends it and how often. */
  id: string;
  runId: string;
  task: string;
  approver: string;
  /** Which issue of the link it carries: see `LinkClaims`. */
  version: number;
  /** Why it is written, when not because the task was opened. */
  occasion?: "reminder";
}>;

export type OwedRow = Readonly<{
  mail: OwedMail;
  /** How often sending it has failed. */
  attempts: number;
  /** Before this instant it is not tried again. */
  notBefore: Instant;
  /** Given up: an operator must look. */
  dead: boolean;
}>;

export interface Outbox {
  /** The row as it is now: an index, which may lag, only says where to look. */
  read(key: Key): Promise<OwedRow | undefined>;
  /** Done with: sent, or no longer wanted. */
  remove(mail: OwedMail): Promise<void>;
  /** Counts a failure. Does nothing when somebody else has changed the row since it was read. */
  postpone(row: OwedRow, until: Instant): Promise<void>;
  /** Like `postpone`, but for good: the row stays for operators and is no longer due. */
  bury(row: OwedRow): Promise<void>;
}

/**
 * The row that makes a mail owed. It goes into the same write as the task that it is about, so that
 * there is never a task without its mails, nor a mail without its task.
 */
export function owedMail(mail: OwedMail, due: Instant): Item {
  return item({ mail, attempts: 0, notBefore: due, dead: false });
}

/** Whether a row of the `due` index is a mail that is owed. */
export function isOwedMail({ pk }: Key): boolean {
  return pk.endsWith("#mail") && pk.indexOf("#") === pk.length - "#mail".length;
}

export function tableOutbox(table: Table): Outbox {
  async function replace(row: OwedRow, next: OwedRow): Promise<void> {
    const attributes = { attempts: row.attempts, dead: row.dead };
    await table.write([{ type: "put", item: item(next), when: { type: "is", attributes } }]);
  }

  return {
    async read(key) {
      const stored = await table.get({ pk: key.pk, sk: key.sk });
      return stored && owedRow(stored);
    },

    async remove({ tenant, id }) {
      await table.write([{ type: "remove", key: rows.mail(tenant, id) }]);
    },

    postpone: (row, until) =>
      replace(row, { ...row, attempts: row.attempts + 1, notBefore: until }),

    bury: (row) => replace(row, { ...row, attempts: row.attempts + 1, dead: true }),
  };
}

function item({ mail, attempts, notBefore, dead }: OwedRow): Item {
  const { tenant, id, runId, task, approver, version, occasion } = mail;
  return {
    ...rows.mail(tenant, id),
    tenant,
    attempts,
    notBefore,
    dead,
    content: JSON.stringify({ runId, task, approver, version, ...(occasion && { occasion }) }),
    ...(dead ? {} : { dueShard: dueShard(task), dueAt: dueAt(notBefore, id) }),
  };
}

function owedRow(stored: Item): OwedRow {
  const content = JSON.parse(stored.content ?? "{}") as Omit<OwedMail, "tenant" | "id">;
  return {
    mail: { tenant: String(stored["tenant"]), id: stored.sk, ...content },
    attempts: Number(stored["attempts"]),
    notBefore: Number(stored["notBefore"]),
    dead: stored["dead"] === true,
  };
}
