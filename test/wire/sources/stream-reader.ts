import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../../core/kernel/json.ts";
import type { StreamRecord } from "./stream-poller.ts";

const READ_MAX = 1_000;
/** How long a written row may take to show in the stream of DynamoDB Local: 140 ms, seen. */
const LAG_MS = 250;
const PAUSE_MS = 15;

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
  let writtenAt = performance.now();
  let reading: Promise<void> | undefined;
  const stop = new AbortController();

  async function begin(): Promise<string> {
    const described = await ask("DescribeStream", { StreamArn: streamArn });
    const { Shards } = described["StreamDescription"] as unknown as {
      Shards: readonly { ShardId: string }[];
    };
    const [shard] = Shards;
    if (!shard) throw new Error(`${streamArn} has no shard`);
    const given = await ask("GetShardIterator", {
      StreamArn: streamArn,
      ShardId: shard.ShardId,
      ShardIteratorType: options.startAt,
    });
    return given["ShardIterator"] as string;
  }

  async function read(): Promise<void> {
    iterator ??= await begin();
    while (!stop.signal.aborted && performance.now() - writtenAt < LAG_MS) {
      const page = await ask("GetRecords", { ShardIterator: iterator, Limit: READ_MAX });
      iterator = page["NextShardIterator"] as string;
      const records = (page["Records"] ?? []) as unknown as readonly StreamRecord[];
      if (records.length > 0) options.deliver(records);
      else await pause(PAUSE_MS);
    }
  }

  function start(): void {
    if (reading || stop.signal.aborted) return;
    reading = read()
      .catch(options.failed)
      .finally(() => {
        reading = undefined;
        if (performance.now() - writtenAt < LAG_MS) start();
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
