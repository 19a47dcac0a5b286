import type { ServerResponse } from "node:http";
import type { HttpResponse } from "../adapters/http/http.ts";

type Streamed = HttpResponse & Readonly<{ stream: NonNullable<HttpResponse["stream"]> }>;

export interface Pipes {
  /** Resolves when the answer has ended, or nobody reads it any more. */
  pipe(response: ServerResponse, answered: Streamed): Promise<void>;
  /** Ends every answer that goes on, at the end of a piece: whoever reads it resumes elsewhere. */
  endAll(): void;
}

/** Answers that go on, sent as fast as they are read and no faster. */
export function pipes(): Pipes {
  const open = new Set<AbortController>();
  return {
    async pipe(response, { status, headers, stream }) {
      const until = new AbortController();
      open.add(until);
      response.once("close", () => until.abort());
      try {
        response.writeHead(status, headers);
        response.flushHeaders();
        for await (const piece of stream(until.signal)) {
          if (until.signal.aborted) break;
          if (!response.write(piece)) await drained(response);
        }
        response.end();
      } finally {
        open.delete(until);
        until.abort();
      }
    },
    endAll() {
      for (const until of open) until.abort();
    },
  };
}

/** There is room again, or the connection is no more: both end the wait. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed || response.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

export function isStreamed(answered: HttpResponse): answered is Streamed {
  return answered.stream !== undefined;
}
