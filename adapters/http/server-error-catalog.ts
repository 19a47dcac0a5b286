import type { ProblemKind } from "./error-catalog.ts";

/** What the server refuses before the app sees a request: it was no request, or not for us. */
export const SERVER_PROBLEMS: Readonly<Record<string, ProblemKind>> = {
  INVALID_HTTP: {
    status: 400,
    title: "This is not HTTP",
    next: "Something between the client and the server breaks the request; look at it there.",
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: "The request did not arrive in time",
    next: "Send it again, faster.",
    retryable: true,
  },
  MISDIRECTED_REQUEST: {
    status: 421,
    title: "This server is not asked by that name",
    next: "Use its address, or set `HOLDFAST_PUBLIC_URL`.",
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: "The headers have more than 16 KB",
    next: "Send fewer or shorter headers.",
  },
};
