import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpResponse } from "../adapters/http/http.ts";
import { hasLastAnswer } from "./send-answer.ts";

type DoorProblem = Readonly<{ status: number; title: string; code: string; detail: string }>;

/** Asked under a name that is not ours: see `servedHosts`. */
export const MISDIRECTED = answer({
  status: 421,
  title: "Misdirected Request",
  code: "MISDIRECTED_REQUEST",
  detail: "This server is not asked by that name. Use its address, or set HOLDFAST_PUBLIC_URL.",
});

/** The app threw, which it never means to. */
export const BROKEN = answer({
  status: 500,
  title: "Internal Server Error",
  code: "INTERNAL",
  detail: "Something broke on our side. The log says what.",
});

const NOT_HTTP: DoorProblem = {
  status: 400,
  title: "Bad Request",
  code: "INVALID_HTTP",
  detail: "The request is not valid HTTP.",
};
const OF_ERROR: Readonly<Record<string, DoorProblem>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: "Request Header Fields Too Large",
    code: "HEADERS_TOO_LARGE",
    detail: "The headers have more than 16 KB.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: "Request Timeout",
    code: "REQUEST_TIMEOUT",
    detail: "The request did not arrive in time.",
  },
};

/** What Node could not read as a request gets an answer of the same form as every other fault. */
export function answerBadRequest(error: Error & { code?: string }, socket: Duplex): void {
  const isGone = error.code === "ECONNRESET" || !socket.writable;
  if (isGone || (socket instanceof Socket && hasLastAnswer(socket))) {
    socket.destroy();
    return;
  }
  const problem = OF_ERROR[error.code ?? ""] ?? NOT_HTTP;
  const { headers, body } = answer(problem);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${problem.status} ${problem.title}`, ...lines, "connection: close"];
  socket.end(`${head.join("\r\n")}\r\n\r\n${String(body)}`);
}

/** RFC 9457. "about:blank" says that the title is the status's own and there is no more to read. */
function answer({ status, title, code, detail }: DoorProblem): HttpResponse {
  const retryable = status === 408;
  const body = JSON.stringify({ type: "about:blank", title, status, detail, code, retryable });
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "content-length": String(Buffer.byteLength(body)),
    },
    body,
  };
}
