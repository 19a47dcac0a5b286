import type { Json, JsonObject } from "../kernel/json.ts";

/** One thing that a run tells somebody, by one channel. */
export type Notice = Readonly<{
  tenant: string;
  /** The same for one intent to tell, whoever sends it and how often; different for each visit. */
  id: string;
  /** From 1. More than 1 means that the other side may have it already. */
  attempt: number;
  /** Milliseconds that the attempt may take; the signal fires then. */
  timeoutMs: number;
}> &
  (
    | Readonly<{
        channel: "email";
        to: readonly string[];
        subject: string;
        text: string;
        html: string;
        links: readonly string[];
      }>
    | Readonly<{ channel: "sms"; to: string; text: string }>
    | Readonly<{ channel: "event"; type: string; at: string; detail: JsonObject }>
    | Readonly<{
        channel: "webhook";
        /** A URL or a header may be `{"$secret": "name"}`, which the call alone resolves. */
        to: Json;
        headers: JsonObject;
        body: Json;
      }>
  );

export type Channel = Notice["channel"];

export type Taken = Readonly<{
  /** It was kept for people to look at, and went nowhere. */
  captured?: true;
  /** What a webhook answered. */
  status?: number;
}>;

/** Tells the world once. Failures are thrown as `CallFailure`. */
export interface Notices {
  send(notice: Notice, signal: AbortSignal): Promise<Taken>;
}
