import { sesClient, sesMailer } from "../adapters/aws/ses-mailer.ts";
import { Fault } from "../core/ports/fault.ts";
import type { Mailer } from "../core/ports/mailer.ts";
import type { Vars } from "./store.ts";

/** Mail by SES; without a sender, every mail is given up at once, and says why in the log. */
export function mailerOf({ MAIL_SENDER: sender }: Vars<"MAIL_SENDER">): Mailer {
  if (sender !== "") return sesMailer({ client: sesClient(), sender });
  const why = "this deployment has no address that mail could come from";
  return { send: () => Promise.reject(new Fault(why, { retryable: false })) };
}
