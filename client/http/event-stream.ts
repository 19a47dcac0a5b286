import { pathOf, pause, type Transport } from "./transport.ts";
import type { Event } from "./wire.ts";

type Following = Readonly<{
  /** The last `seq` that is known; 0, the default, means from the first event. */
  after?: number;
  signal?: AbortSignal;
}>;

/** The server ends an answer now and then; coming back at once would be a loop when it is away. */
const PAUSE_MS = 250;

/**
 * The events of a run as they come, until it has ended. A connection that is cut off is made anew
 * after the last event, so that nothing is missed and nothing comes twice.
 */
export async function* eventsOf(
  transport: Transport,
  runId: string,
  { after = 0, signal }: Following = {},
): AsyncGenerator<Event, void> {
  const from = pathOf("/v1/runs/{id}/stream", { id: runId });
  for (let last = after; ; ) {
    const headers = { accept: "text/event-stream", "last-event-id": String(last) };
    const response = await transport.open(from, { headers, signal });
    try {
      for await (const message of messagesIn(response)) {
        if (message.event === "end") return;
        const event = JSON.parse(message.data) as Event;
        last = event.seq;
        yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isCutOff(error)) throw error;
    }
    await pause(PAUSE_MS, signal);
  }
}

/** What `fetch` throws when a connection breaks in the middle of a body. */
function isCutOff(error: unknown): boolean {
  return error instanceof TypeError;
}

type Message = Readonly<{ event: string; data: string }>;

/** Server-Sent Events as our server sends them: a line per field, an empty one after each. */
async function* messagesIn(response: Response): AsyncGenerator<Message> {
  if (response.body === null) return;
  // Not by `for await`, which not every browser has for what is read.
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map(fieldOf));
        const [event, data] = [fields.get("event"), fields.get("data")];
        if (event !== undefined && data !== undefined) yield { event, data };
      }
    }
  } finally {
    // Who stops reading closes the connection, too; one that broke cannot be closed.
    await reader.cancel().catch(() => undefined);
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(": ");
  return [line.slice(0, colon), line.slice(colon + 2)];
}
