import { request } from "node:http";

export type StreamedEvent = Readonly<{ id: string; event: string; data: string }>;

/**
 * One connection of a client for Server-Sent Events. It is cut off as soon as `isEnough` says so,
 * wherever in a piece that is; what had come completely counts, as in a browser.
 */
export function readStream(
  url: string,
  key: string,
  options: {
    lastEventId?: string | undefined;
    isEnough?: (events: readonly StreamedEvent[], bytes: number) => boolean;
  } = {},
): Promise<{ events: readonly StreamedEvent[]; status: number; ended: boolean; text: string }> {
  const { lastEventId, isEnough = () => false } = options;
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    };
    const call = request(url, { headers, agent: false }, (response) => {
      let text = "";
      const done = (ended: boolean) => {
        resolve({ events: eventsIn(text), status: response.statusCode ?? 0, ended, text });
      };
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        if (!isEnough(eventsIn(text), text.length)) return;
        done(false);
        call.destroy();
      });
      response.on("end", () => done(true));
      response.on("error", () => done(false));
    });
    call.on("error", reject);
    call.end();
  });
}

/** Only what ends with its empty line is an event. */
function eventsIn(text: string): readonly StreamedEvent[] {
  const blocks = text.split("\n\n").slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = new Map(
      block.split("\n").map((line) => {
        const at = line.indexOf(": ");
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    const event = fields.get("event");
    if (event === undefined) return [];
    return [{ id: fields.get("id") ?? "", event, data: fields.get("data") ?? "" }];
  });
}
