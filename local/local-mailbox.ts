import { instantText } from "../core/kernel/duration.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Mail, Mailer } from "../core/ports/mailer.ts";
import type { Item, Key, Table } from "../core/ports/table.ts";
import { listSk } from "../core/store/rows.ts";

/** What would have left by another channel than mail says so. */
type Captured = "sms" | "event";
export type ReceivedMail = Mail & Readonly<{ at: string; channel?: Captured }>;

export interface Mailbox extends Mailer {
  /** Keeps what is no mail, and would have left by this channel. */
  capture(channel: Captured, message: Mail): Promise<void>;
  /** Newest first, at most so many. */
  newest(limit: number): Promise<readonly ReceivedMail[]>;
  mail(id: string): Promise<ReceivedMail | undefined>;
}

const LIST = "platform#mailbox";
const PAGE_SIZE = 200;

/** Keeps each mail instead of sending it. One that comes again under its id is the same mail. */
export function localMailbox({ table, clock }: { table: Table; clock: Clock }): Mailbox {
  async function keep(mail: Mail & { channel?: Captured }): Promise<void> {
    const now = clock.now();
    const item = {
      ...rowOf(mail.id),
      listPk: LIST,
      listSk: listSk(now, mail.id),
      content: JSON.stringify({ ...mail, at: instantText(now) } satisfies ReceivedMail),
    };
    await table.write([{ type: "put", item, when: { type: "absent" } }]);
  }

  return {
    send: keep,
    capture: (channel, message) => keep({ ...message, channel }),

    async newest(limit) {
      const mails: ReceivedMail[] = [];
      let after: string | undefined;
      while (mails.length < limit) {
        const { items, more } = await table.query({
          index: "list",
          pk: LIST,
          reverse: true,
          limit: Math.min(PAGE_SIZE, limit - mails.length),
          ...(after === undefined ? {} : { after }),
        });
        mails.push(...items.map(mailOf));
        after = items.at(-1)?.listSk;
        if (!more || after === undefined) break;
      }
      return mails;
    },

    async mail(id) {
      const item = couldBeId(id) ? await table.get(rowOf(id)) : undefined;
      return item && mailOf(item);
    },
  };
}

function rowOf(id: string): Key {
  return { pk: `${LIST}#${id}`, sk: "mail" };
}

/** What comes from a URL need not fit into a row's key. */
function couldBeId(id: string): boolean {
  return id.length <= 512 && id.isWellFormed();
}

function mailOf(item: Item): ReceivedMail {
  return JSON.parse(item.content ?? "{}") as ReceivedMail;
}
