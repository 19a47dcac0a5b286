/** When an alarm rings. `heading` is the one in docs/operate.md that says what to do. */
export type AlarmRule = Readonly<{
  heading: string;
  threshold: number;
  /** So many of the last `of` minutes must be at the threshold or beyond. */
  periods: number;
  of: number;
  /** What a minute without a value means. */
  missing: "good" | "bad";
  /** Rings when it falls below the threshold. */
  below?: boolean;
  why: string;
}>;

export type AlarmName =
  | "RunsStranded"
  | "RunsLate"
  | "TimersLost"
  | "SchedulesDropped"
  | "WebhooksLost"
  | "EventsUntold"
  | "EventsLate"
  | "SweepMissing"
  | "FunctionsFail"
  | "FunctionsThrottled"
  | "TableThrottled"
  | "ApiFails";

/** All alarms. Each costs ten cents a month, and those over several metrics ten for each. */
export const ALARMS: Readonly<Record<AlarmName, AlarmRule>> = {
  RunsStranded: {
    heading: "Wake-ups ended as dead letters",
    threshold: 1,
    periods: 1,
    of: 1,
    missing: "good",
    why: "each is a run whose worker died or failed twenty times",
  },
  RunsLate: {
    heading: "Runs wait for a worker",
    threshold: 1_800,
    periods: 5,
    of: 5,
    missing: "good",
    why: "twice as long as a worker can be busy with one: workers cannot keep up",
  },
  TimersLost: {
    heading: "Timers ended as dead letters",
    threshold: 1,
    periods: 1,
    of: 1,
    missing: "good",
    why: "the sweep fires them, a minute late; but something is broken",
  },
  SchedulesDropped: {
    heading: "Scheduler gave up a schedule",
    threshold: 1,
    periods: 1,
    of: 1,
    missing: "good",
    why: "the sweep fires it, a minute late; but something is broken",
  },
  WebhooksLost: {
    heading: "Deliveries ended as dead letters",
    threshold: 1,
    periods: 1,
    of: 1,
    missing: "good",
    why: "an endpoint's failure is no dead letter: the function itself failed ten times",
  },
  EventsUntold: {
    heading: "Events could not be told",
    threshold: 1,
    periods: 1,
    of: 1,
    missing: "good",
    why: "webhooks, sockets, mail or the bus miss what these records hold",
  },
  EventsLate: {
    heading: "Events are told late",
    threshold: 300_000,
    periods: 5,
    of: 5,
    missing: "good",
    why: "five minutes behind; at twenty-four hours the stream forgets",
  },
  SweepMissing: {
    heading: "The sweep does not run",
    threshold: 1,
    periods: 5,
    of: 5,
    missing: "bad",
    below: true,
    why: "nothing that was lost is found again until it does",
  },
  FunctionsFail: {
    heading: "Functions fail",
    threshold: 5,
    periods: 3,
    of: 5,
    missing: "good",
    why: "one failure now and then is what retries are for",
  },
  FunctionsThrottled: {
    heading: "Functions are throttled",
    threshold: 1,
    periods: 5,
    of: 5,
    missing: "good",
    why: "the account has too few instances for what it is asked",
  },
  TableThrottled: {
    heading: "The table is throttled",
    threshold: 1,
    periods: 5,
    of: 5,
    missing: "good",
    why: "retries hide seconds of it; minutes make everything late",
  },
  ApiFails: {
    heading: "The API answers 5xx",
    threshold: 5,
    periods: 3,
    of: 5,
    missing: "good",
    why: "callers are told to try again, and see it",
  },
};
