import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import type { Mailer } from "../../core/ports/mailer.ts";
import { answered } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";
import { digest } from "./digest.ts";

/** Asks once: the outbox asks again, and knows how often. */
export function sesClient(placement: Placement = {}): SESv2Client {
  return new SESv2Client({ ...CLIENT_SETTINGS, ...placement, maxAttempts: 1 });
}

/**
 * Mail by SES. It knows no repeats, so a mail whose answer was lost may come twice; both carry one
 * link, and the same name in a header by which a receiver may tell.
 */
export function sesMailer({ client, sender }: { client: SESv2Client; sender: string }): Mailer {
  return {
    async send({ id, to, recipients = [to], subject, text, html }) {
      const send = new SendEmailCommand({
        FromEmailAddress: sender,
        Destination: { ToAddresses: [...recipients] },
        Content: {
          Simple: {
            Subject: { Data: subject, Charset: "UTF-8" },
            Body: {
              Text: { Data: text, Charset: "UTF-8" },
              Html: { Data: html, Charset: "UTF-8" },
            },
            Headers: [
              { Name: "X-Holdfast-Mail", Value: digest(id) },
              // No out-of-office answers to a link that is waiting for a person.
              { Name: "Auto-Submitted", Value: "auto-generated" },
            ],
          },
        },
      });
      await answered("send a mail", () => client.send(send));
    },
  };
}
