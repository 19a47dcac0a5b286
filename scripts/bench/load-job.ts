/** A request, and what makes its reply a success. */
export type Call = Readonly<{
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  /** The status code that is expected. */
  code: number;
  /** The run status that the reply must show. */
  status?: "succeeded" | "waiting";
  /** Asked again and again after the reply, until it shows a run that has succeeded. */
  look?: string;
}>;

export type LoadJob = Readonly<{
  port: number;
  key: string;
  /** Connections, each of which waits for its reply before it sends again. */
  inFlight: number;
  calls: readonly Call[];
  /** Go through the calls over and over for so long; without it, each is sent once. */
  forMs?: number;
  /** Hand back the replies' JSON. */
  keep?: boolean;
}>;

export type LoadResult = Readonly<{
  elapsedMs: number;
  /** From sending a request to its whole reply. */
  answeredMs: readonly number[];
  /** From sending a request to the reply that shows its run succeeded; of calls with `look`. */
  doneMs: readonly number[];
  /** What went wrong, and how often. */
  errors: Readonly<Record<string, number>>;
  kept: readonly unknown[];
}>;

/** What a load generator that could do nothing at all says. */
export type LoadFailure = Readonly<{ failure: string }>;
