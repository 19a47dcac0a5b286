/**
 * A request and an answer as plain values, so that one app stands behind API Gateway, the local
 * server and a test alike, and costs no more than its own work.
 */
export type HttpRequest = Readonly<{
  method: string;
  /** As sent, still percent-encoded, without the query. */
  path: string;
  /** As sent, without the question mark. */
  query: string;
  /** Names in lower case; repeated headers joined by ", ". */
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array | undefined;
  /** The door stopped reading because the body passed its limit. */
  bodyTooLarge?: boolean;
  /** The address of the peer, for the audit. */
  from?: string | undefined;
}>;

export type HttpResponse = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
  /**
   * An answer that goes on: it is the body, and `body` is empty. The door takes a piece when there
   * is room for it, and aborts `until` when nobody reads any more or the door closes.
   */
  stream?: ((until: AbortSignal) => AsyncIterable<string>) | undefined;
}>;

export type HttpApp = (request: HttpRequest) => Promise<HttpResponse>;
