import type { Built } from "../builder/flow.ts";
import { eventsOf } from "./event-stream.ts";
import { type Listing, listing, type Page } from "./listing.ts";
import { runHistory } from "./run-history.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  Advice,
  BulkReport,
  BulkRequest,
  CancelRequest,
  Event,
  EventQuery,
  Explanation,
  Json,
  MigrateRequest,
  Migration,
  PatchRequest,
  ReasonRequest,
  RetryRequest,
  Run,
  RunGraph,
  RunQuery,
  RunSummary,
  SignalAccepted,
  SignalRequest,
  SkipRequest,
  StartRequest,
  Step,
  StepQuery,
  Verification,
} from "./wire.ts";

/** A run, with the type of what it came to. */
export type RunOf<Output> = Omit<Run, "output"> & Readonly<{ output: Output | null }>;

export type StartOptions<Input> = Readonly<
  Omit<StartRequest, "workflow" | "input"> & {
    input?: Input;
    /** The same key starts one run, however often it is sent. */
    idempotencyKey?: string;
    /** Answer when the run ends or first waits, after so many seconds at most, 0 to 25. */
    waitSeconds?: number;
    signal?: AbortSignal;
  }
>;

type Following = Readonly<{ after?: number; signal?: AbortSignal }>;

/** Its statuses that nothing leads out of, but for a failed run that is retried. */
const ENDED: ReadonlySet<Run["status"]> = new Set(["succeeded", "failed", "cancelled"]);
const SETTLED: ReadonlySet<Run["status"]> = new Set([...ENDED, "waiting", "paused"]);

const of = (template: string, id: string, more = {}) => pathOf(template, { id, ...more });

/** What can be done with runs. */
export function runsOf(transport: Transport) {
  const { send } = transport;
  const post =
    (template: string) =>
    (id: string, body: object = {}) =>
      send<Run>("POST", of(template, id), { body });

  const get = (id: string) => send<Run>("GET", of("/v1/runs/{id}", id));
  const events = (id: string, following: Following = {}): AsyncGenerator<Event, void> =>
    eventsOf(transport, id, following);

  /** A run of a workflow by its name, or of one of the builder, whose types it then has. */
  async function start<Input = Json, Output = Json>(
    workflow: Built<Input, Output> | string,
    options: StartOptions<NoInfer<Input>> = {},
  ): Promise<RunOf<Output>> {
    const { idempotencyKey, waitSeconds, signal, ...rest } = options;
    const name = typeof workflow === "string" ? workflow : workflow.name;
    const query = waitSeconds === undefined ? {} : { wait: waitSeconds };
    const body = { workflow: name, ...rest };
    return send("POST", "/v1/runs", { body, query, idempotencyKey, signal });
  }

  /** The run when it has ended; with `until: "settled"` also when it waits or is paused. */
  async function wait(
    id: string,
    options: Following & Readonly<{ until?: "ended" | "settled" }> = {},
  ): Promise<Run> {
    const { until = "ended", ...following } = options;
    const enough = until === "ended" ? ENDED : SETTLED;
    let run = await get(id);
    if (enough.has(run.status)) return run;
    for await (const event of events(id, { after: run.seq, ...following })) {
      if (!event.type.startsWith("run.")) continue;
      run = await get(id);
      if (enough.has(run.status)) return run;
    }
    return get(id);
  }

  /** The whole ledger, however many parts it is verified in. */
  async function verify(id: string): Promise<Verification> {
    const from = of("/v1/runs/{id}/ledger/verify", id);
    const errors: Verification["errors"] = [];
    for (let after: string | null = "0"; ; ) {
      const part: Verification = await send("GET", from, { query: { after } });
      errors.push(...part.errors);
      after = part.nextCursor;
      if (after === null) return { ...part, ok: errors.length === 0, errors };
    }
  }

  return {
    start,
    get,
    wait,
    /** Its events as they come, until it has ended, over broken connections too. */
    events,
    list: (query: RunQuery = {}): Listing<RunSummary> => listing(transport, "/v1/runs", query),
    steps: (id: string, query: StepQuery = {}): Listing<Step> =>
      listing(transport, of("/v1/runs/{id}/steps", id), query),
    /** One page of the events that are there. */
    eventPage: (id: string, query: EventQuery = {}): Promise<Page<Event>> =>
      send("GET", of("/v1/runs/{id}/events", id), { query }),
    signal: (id: string, signal: SignalRequest): Promise<SignalAccepted> =>
      send("POST", of("/v1/runs/{id}/signals", id), { body: signal }),
    /** Answers the only open wait. */
    respond: (id: string, answer: Json): Promise<Run> =>
      send("POST", of("/v1/runs/{id}/respond", id), { body: answer }),
    cancel: (id: string, about?: CancelRequest) => post("/v1/runs/{id}/cancel")(id, about),
    pause: (id: string, about?: ReasonRequest) => post("/v1/runs/{id}/pause")(id, about),
    resume: (id: string): Promise<Run> => send("POST", of("/v1/runs/{id}/resume", id)),
    retry: (id: string, about?: RetryRequest) => post("/v1/runs/{id}/retry")(id, about),
    patch: (id: string, about: PatchRequest) => post("/v1/runs/{id}/patch")(id, about),
    /** Goes on under another version of its workflow, or says what stands against it. */
    migrate: (id: string, about: MigrateRequest): Promise<Migration> =>
      send("POST", of("/v1/runs/{id}/migrate", id), { body: about }),
    ...runHistory(transport),
    skipStep: (id: string, step: string, about: SkipRequest): Promise<Run> =>
      send("POST", of("/v1/runs/{id}/steps/{step}/skip", id, { step }), { body: about }),
    cancelStep: (id: string, step: string, about: ReasonRequest = {}): Promise<Run> =>
      send("POST", of("/v1/runs/{id}/steps/{step}/cancel", id, { step }), { body: about }),
    explain: (id: string): Promise<Explanation> => send("GET", of("/v1/runs/{id}/explain", id)),
    /** Its graph, with what became of each node. */
    graph: (id: string): Promise<RunGraph> => send("GET", of("/v1/runs/{id}/graph", id)),
    advice: (id: string): Promise<Advice> => send("GET", of("/v1/runs/{id}/advice", id)),
    verify,
    /** One action on all that a filter finds. */
    bulk: (request: BulkRequest): Promise<BulkReport> =>
      send("POST", "/v1/bulk/runs", { body: request }),
  };
}
