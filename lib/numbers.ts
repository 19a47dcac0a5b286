import { type FunctionName, LANE } from "../lambdas/env.ts";

/** A number that was chosen, and why it is not another one. */
export type Numbered = Readonly<{ value: number; why: string }>;

export type FunctionNumbers = Readonly<{
  does: string;
  /** Whether its messages can lead to more of its own messages. */
  loops?: true;
  timeoutSeconds: number;
  memoryMb: number;
  /** Instances kept for it, and at most this many; absent: as many as the account has. */
  reserved?: number;
  why: string;
}>;

/**
 * Memory is also the share of a CPU: a whole one at 1,769 MB. All of them run on arm64. Only what
 * would hurt others without a bound has one: whatever is reserved is taken from all the others.
 */
export const FUNCTIONS: Readonly<Record<FunctionName, FunctionNumbers>> = {
  api: {
    does: "the HTTP API",
    timeoutSeconds: 29,
    memoryMb: 1024,
    why: "API Gateway gives up after 30 s, and the longest answer (`?wait=25`) takes 25 s",
  },
  step: {
    does: "drives runs",
    loops: true,
    timeoutSeconds: 900,
    memoryMb: 512,
    why: "Lambda's longest: a call to a model may take minutes. It waits more than it reckons, and waiting is paid by memory",
  },
  stream: {
    does: "tells what was committed",
    loops: true,
    timeoutSeconds: 60,
    memoryMb: 512,
    why: "a batch is handed on in a second; a minute leaves room for a slow bus",
  },
  timer: {
    does: "fires timers",
    loops: true,
    timeoutSeconds: 30,
    memoryMb: 512,
    why: "a timer is one commit and one message; ten of them take a second or two",
  },
  webhook: {
    does: "delivers webhooks",
    loops: true,
    timeoutSeconds: 180,
    memoryMb: 512,
    why: "ten endpoints that each take the 15 s they have, even one after the other",
  },
  socket: {
    does: "the WebSocket API",
    timeoutSeconds: 29,
    memoryMb: 512,
    why: "API Gateway waits 29 s for a WebSocket route, and no longer",
  },
  sse: {
    does: "server-sent events",
    timeoutSeconds: 900,
    memoryMb: 512,
    reserved: 100,
    why: "a stream holds its function as long as it is open, so streams must not take all there are",
  },
  sweep: {
    does: "does what is due and was not done",
    loops: true,
    timeoutSeconds: 55,
    memoryMb: 1024,
    reserved: 1,
    why: "it begins each minute and ends before the next one; two at once would do the same twice",
  },
  "dead-letter": {
    does: "gives stranded runs another chance",
    loops: true,
    timeoutSeconds: 60,
    memoryMb: 512,
    why: "a dead letter is one read and one row",
  },
  "platform-key": {
    does: "makes the platform key, once",
    timeoutSeconds: 30,
    memoryMb: 256,
    why: "one secret is read and perhaps written, once per deployment",
  },
};

export type QueueName = "lane" | "timer" | "webhook" | "letters";

export type QueueNumbers = Readonly<{
  visibilitySeconds: number;
  receivesMax: number;
  retentionDays: number;
  why: string;
}>;

const DAY_S = 86_400;

/** The queues that a function works off. `letters`: the dead letters of lanes. */
export const QUEUES: Readonly<Record<QueueName, QueueNumbers>> = {
  lane: {
    visibilitySeconds: LANE.visibilityS,
    receivesMax: LANE.receivesMax,
    retentionDays: LANE.retentionS / DAY_S,
    why: "longer than `step` can run, and a minute more. Not six times as long, as AWS advises: the worker shortens it on receipt and extends it while it lives, and what is left of it when a worker dies before that is how long its run stands still. Twenty receipts are twenty minutes of outage",
  },
  timer: {
    visibilitySeconds: 180,
    receivesMax: 10,
    retentionDays: 4,
    why: "six times `timer`, as AWS advises: nobody shortens it. Ten receipts are half an hour",
  },
  webhook: {
    visibilitySeconds: 1_080,
    receivesMax: 10,
    retentionDays: 4,
    why: "six times `webhook`. An endpoint's failure is no receipt: its next attempt is a row",
  },
  letters: {
    visibilitySeconds: 360,
    receivesMax: 100,
    retentionDays: 14,
    why: "six times `dead-letter`. A hundred receipts are ten hours: it needs the table, and an outage of the table must not lose what waits for its end",
  },
};

/** How long dead letters that nobody works off are kept: SQS keeps nothing longer. */
export const DEAD_LETTER_DAYS: Numbered = {
  value: 14,
  why: "the most that SQS keeps, so that there are two weeks to look",
};

export type SourceNumbers = Readonly<{ batch: number; concurrencyMax: number; why: string }>;

/** How Lambda takes messages from queues. */
export const SOURCES: Readonly<Record<QueueName, SourceNumbers>> = {
  lane: {
    batch: LANE.batchSize,
    concurrencyMax: 50,
    why: "ten runs wait for models side by side at the price of one. Fifty batches for each shared lane: all lanes together take a fifth of an account's 1,000",
  },
  timer: {
    batch: 10,
    concurrencyMax: 20,
    why: "a timer takes 50 ms, so this is thousands a second, and a burst of them leaves room for others",
  },
  webhook: {
    batch: 10,
    concurrencyMax: 50,
    why: "500 deliveries at once; slow endpoints must not take the whole account",
  },
  letters: {
    batch: 1,
    concurrencyMax: 2,
    why: "the least that Lambda allows: dead letters are rare, and after an outage they must not come back all at once",
  },
};

/** How Lambda reads the table's stream. */
export const STREAM = {
  batch: { value: 100, why: "what one invocation hands on in a second" },
  windowSeconds: { value: 0, why: "sockets wait for it: no commit is held back to fill a batch" },
  parallel: { value: 4, why: "four batches of a shard at once, by partition, so runs keep order" },
  retries: {
    value: 10,
    why: "bisected each time, one bad record in a hundred is alone after seven",
  },
  ageSeconds: { value: 21_600, why: "a quarter of the 24 hours that DynamoDB keeps: an outage" },
} as const satisfies Readonly<Record<string, Numbered>>;

/** How Scheduler sends what is due. */
export const SCHEDULES = {
  retries: { value: 185, why: "the most there is: within the hours below, nothing is given up" },
  ageSeconds: {
    value: 86_400,
    why: "the most there is; the sweep has fired the timer long before",
  },
  sweepRetries: { value: 0, why: "the next minute brings the next sweep" },
  sweepAgeSeconds: { value: 60, why: "the least there is: a sweep that is late is not needed" },
} as const satisfies Readonly<Record<string, Numbered>>;

/** What else was chosen. */
export const NUMBERS = {
  lanes: { value: 4, why: "an idle queue costs $0.32 a month; lanes are added, never removed" },
  recoveryDays: { value: 35, why: "the most there is: any second of the last five weeks" },
  logDays: { value: 90, why: "a quarter: long enough to look back, short enough to forget" },
  artifactVersionDays: { value: 35, why: "as long as the table can be restored to a moment" },
  requestsPerSecond: { value: 1_000, why: "a tenth of what AWS gives an account and Region" },
  requestsBurst: { value: 2_000, why: "two seconds of it" },
  keyReuseSeconds: { value: 3_600, why: "SQS asks KMS once an hour, not with each message" },
} as const satisfies Readonly<Record<string, Numbered>>;
