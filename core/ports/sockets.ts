export type SocketSent =
  | "sent"
  /** The other side has left, and is not to be told anything again. */
  | "gone"
  /** It does not read as fast as it is told: it may be dropped. */
  | "slow";

/** Connections that clients hold open. Frames of one connection arrive in the order of `send`. */
export interface Sockets {
  /** Resolves when there is room for the next frame, so whoever waits for it never floods. */
  send(connection: string, frame: string): Promise<SocketSent>;
  /** `code` is one of RFC 6455. Closing what is closed already is nothing. */
  close(connection: string, code: number, reason: string): Promise<void>;
}
