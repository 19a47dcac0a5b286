export type Mail = Readonly<{
  /** Stable for one intent to send: a repeated send under one id may be dropped. */
  id: string;
  /** For people; one address unless there are `recipients`, which all get the same mail. */
  to: string;
  recipients?: readonly string[];
  subject: string;
  text: string;
  html: string;
  /** The absolute URLs in it, for mailboxes that show them. */
  links: readonly string[];
}>;

export interface Mailer {
  send(mail: Mail): Promise<void>;
}
