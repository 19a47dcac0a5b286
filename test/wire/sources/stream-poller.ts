import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { Outcome } from "../functions/environment.ts";
import { REGION } from "../template/template.ts";
import type { WorldClock } from "../world-clock.ts";
import { matchesPattern } from "./event-pattern.ts";

export type StreamRecord = JsonObject & Readonly<{ dynamodb: JsonObject }>;

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 60_000;

/**
 * Lambda's poller of a table's stream, behind the reading of its one shard: filters, batches,
 * partial failures, halves of a batch that fails, and a last destination for what nobody can
 * handle.
 */
export function streamPoller(options: {
  clock: WorldClock;
  streamArn: string;
  batchSize: number;
  filters: readonly JsonObject[];
  partialBatches: boolean;
  bisect: boolean;
  retriesMax: number;
  invoke: (event: Json) => Promise<Outcome>;
  /** Takes a description of the records that were given up. */
  giveUp: (info: JsonObject) => void;
  hasRoom: () => boolean;
}) {
  const { clock } = options;
  const pending: StreamRecord[] = [];
  let batchMax = options.batchSize;
  let tries = 0;
  let isWorking = false;
  let isPaused = false;
  const stop = new AbortController();

  /** Works off what there is, in order: a batch that fails holds up all behind it. */
  async function pump(): Promise<void> {
    if (isWorking || isPaused || stop.signal.aborted) return;
    isWorking = true;
    try {
      while (pending.length > 0 && !isPaused && !stop.signal.aborted && options.hasRoom()) {
        const batch = pending.slice(0, batchMax);
        await settle(batch, await options.invoke({ Records: batch.map(eventOf) }));
      }
    } finally {
      isWorking = false;
    }
  }

  async function settle(batch: readonly StreamRecord[], outcome: Outcome): Promise<void> {
    const done = doneOf(batch, outcome);
    pending.splice(0, done);
    if (done === batch.length) {
      tries = 0;
      batchMax = options.batchSize;
      return;
    }
    // What was done before the first failure is behind us, so its tries are over as well.
    if (done > 0) tries = 0;
    tries++;
    if (options.retriesMax >= 0 && tries > options.retriesMax) return abandon(batch.length - done);
    if (options.bisect && batch.length - done > 1 && outcome.type === "failed") {
      batchMax = Math.ceil((batch.length - done) / 2);
    }
    isPaused = true;
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (tries - 1));
    clock.at(clock.now() + pauseMs, "the stream is tried again", () => {
      isPaused = false;
      void pump();
    });
  }

  function abandon(count: number): void {
    const given = pending.splice(0, count);
    tries = 0;
    batchMax = options.batchSize;
    const numbers = given.map(({ dynamodb }) => dynamodb["SequenceNumber"] ?? null);
    options.giveUp({
      DDBStreamBatchInfo: {
        streamArn: options.streamArn,
        shardId: "shardId-1",
        startSequenceNumber: numbers[0] ?? null,
        endSequenceNumber: numbers.at(-1) ?? null,
        batchSize: count,
      },
      requestContext: { condition: "RetryAttemptsExhausted" },
    });
  }

  /** How many of a batch, from its beginning, are done. */
  function doneOf(batch: readonly StreamRecord[], outcome: Outcome): number {
    if (outcome.type === "failed") return 0;
    if (!options.partialBatches) return batch.length;
    const answer = JSON.parse(outcome.payload) as {
      batchItemFailures?: readonly { itemIdentifier: string }[];
    } | null;
    const failed = (answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
    if (failed.length === 0) return batch.length;
    const first = batch.findIndex(({ dynamodb }) =>
      failed.includes(dynamodb["SequenceNumber"] as string),
    );
    return Math.max(0, first);
  }

  function eventOf(record: StreamRecord): Json {
    return { ...record, awsRegion: REGION, eventSourceARN: options.streamArn };
  }

  return {
    offer(records: readonly StreamRecord[]): void {
      const { filters } = options;
      const wanted = records.filter(
        (record) =>
          filters.length === 0 || filters.some((filter) => matchesPattern(filter, record)),
      );
      pending.push(...wanted);
      void pump();
    },
    pump: () => void pump(),
    /** A batch that waits for its next try waits for the clock. */
    isIdle: () => !isWorking && (pending.length === 0 || isPaused),
    stop(): void {
      stop.abort();
    },
  };
}
