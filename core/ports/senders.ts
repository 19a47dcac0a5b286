/** All that one subscriber hears of one run, in order: what a sender works on. */
export type Line = Readonly<{ tenant: string; subscriber: string; runId: string }>;

/** Tells a sender that a line has something to send. A hint: its row is due as well. */
export interface Senders {
  owed(line: Line): void | Promise<void>;
}
