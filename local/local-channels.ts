import type { Channels } from "../adapters/tools/notices.ts";
import type { Mailbox } from "./local-mailbox.ts";

/**
 * What runs tell people by, on a laptop: all of it lands in the mailbox, and goes nowhere. Receipts
 * say so (`captured`), and what is no mail says in the mailbox what it would have been.
 */
export function localChannels(mailbox: Mailbox): Channels {
  return {
    captures: true,
    mailer: mailbox,
    texter: {
      send({ id, to, text }) {
        const subject = "Text message (SMS)";
        return mailbox.capture("sms", { id, to, subject, text, html: "", links: [] });
      },
    },
    bus: {
      async publish(events) {
        for (const { id, type, detail } of events) {
          const text = JSON.stringify(detail, null, 2);
          const to = "the deployment's event bus";
          await mailbox.capture("event", { id, to, subject: type, text, html: "", links: [] });
        }
      },
    },
  };
}
