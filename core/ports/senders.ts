/** All that one subscriber hears of one run, in order: what a sender works on. */
export type Line = Readonly<{ tenant: string; subscriber: string; runId: string }>;

/** What a sender is asked to do; small enough for a message. */
export type Owed =
  | (Readonly<{ type: "line" }> & Line)
  /** A delivery that goes out of line: a test, or one that somebody asked for again. */
  | Readonly<{ type: "delivery"; tenant: string; id: string }>
  /** A webhook that is to be told again what it has missed. */
  | Readonly<{ type: "recovery"; tenant: string; webhook: string }>;

/** Tells a sender that something is owed. A hint: its row is due as well. */
export interface Senders {
  /** `inMs`: not before that time has passed. */
  owed(what: Owed, inMs?: number): void | Promise<void>;
}
