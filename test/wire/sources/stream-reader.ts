import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../../core/kernel/json.ts";
import type { StreamRecord } from "./stream-poller.ts";

const READ_MAX = 1_000;
/** How long a written row may take to show in the stream of DynamoDB Local: 140 ms, seen. */
const LAG_MS = 250;
const PAUSE_MS = 15;
const FAILURES_MAX = 5;

export type StreamReader = Readonly<{
  /** A row was written: there may be something to read soon. */
  written(): void;
  /** Whether all that was written has been read. */
  isIdle(): boolean;
  stop(): Promise<void>;
}>;

/**
 * Reads the one shard that a table's stream has in DynamoDB Local. It asks as long as something may
 * come, and stands still when nothing was written.
 */
export function streamReader(options: {
  ask: (operation: string, params: JsonObject) => Promise<JsonObject>;
  streamArn: string;
  startAt: "TRIM_HORIZON" | "LATEST";
  deliver: (records: readonly StreamRecord[]) => void;
  failed: (error: unknown) => void;
}): StreamReader {
  const { ask, streamArn } = options;
  let iterator: string | undefined;
  let last: bigint | undefined;
  let failures = 0;
  let writtenAt = performance.now();
  let reading: Promise<void> | undefined;
  const stop = new AbortController();

  /** DynamoDB Local drops what it holds of a stream now and then: an iterator may be too old. */
  async function begin(type: string): Promise<string> {
    const described = await ask("DescribeStream", { StreamArn: streamArn });
    const { Shards } = described["StreamDescription"] as unknown as {
      Shards: readonly { ShardId: string }[];
    };
    const [shard] = Shards;
    if (!shard) throw new Error(`${streamArn} has no shard`);
    const given = await ask("GetShardIterator", {
      StreamArn: streamArn,
      ShardId: shard.ShardId,
      ShardIteratorType: type,
    });
    return given["ShardIterator"] as string;
  }

  const isNew = (record: StreamRecord) => last === undefined || numberOf(record) > last;

  async function read(): Promise<void> {
    iterator ??= await begin(last === undefined ? options.startAt : "TRIM_HORIZON");
    while (!stop.signal.aborted && performance.now() - writtenAt < LAG_MS) {
      const page = await ask("GetRecords", { ShardIterator: iterator, Limit: READ_MAX });
      iterator = page["NextShardIterator"] as string;
      const records = ((page["Records"] ?? []) as unknown as StreamRecord[]).filter(isNew);
      failures = 0;
      last = records.at(-1) ? numberOf(records.at(-1)) : last;
      if (records.length > 0) options.deliver(records);
      else await pause(PAUSE_MS);
    }
  }

  function start(): void {
    if (reading || stop.signal.aborted) return;
    reading = read()
      .catch((error: unknown) => {
        iterator = undefined;
        failures++;
        if (failures > FAILURES_MAX) options.failed(error);
      })
      .finally(() => {
        reading = undefined;
        const isGivenUp = failures > FAILURES_MAX;
        if (!isGivenUp && performance.now() - writtenAt < LAG_MS) start();
      });
  }

  start();
  return {
    written(): void {
      writtenAt = performance.now();
      start();
    },
    isIdle: () => reading === undefined,
    async stop(): Promise<void> {
      stop.abort();
      await reading;
    },
  };
}

function numberOf(record: StreamRecord | undefined): bigint {
  return BigInt(record?.dynamodb["SequenceNumber"] as string);
}
