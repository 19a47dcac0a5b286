/** Sends text messages to telephones. */
export interface Texter {
  /** `id` is stable for one intent to send: a repeat may be dropped. `to` is in E.164. */
  send(message: Readonly<{ id: string; to: string; text: string }>): Promise<void>;
}
