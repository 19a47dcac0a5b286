import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { Outcome } from "../functions/environment.ts";
import type { Queue } from "../services/queue.ts";
import { queueBook } from "../services/queue-book.ts";
import { matchesPattern } from "../sources/event-pattern.ts";
import { proxyEvent } from "../sources/proxy-event.ts";
import { sqsPoller } from "../sources/sqs-poller.ts";
import { type StreamRecord, streamPoller } from "../sources/stream-poller.ts";
import { type WorldClock, worldClock } from "../world-clock.ts";

let clock: WorldClock;

beforeEach(() => {
  clock = worldClock();
});
afterEach(() => clock.close());

const answered = (value: Json): Outcome => ({ type: "answer", payload: JSON.stringify(value) });
const failed: Outcome = { type: "failed", error: { errorType: "Error", errorMessage: "no" } };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const failures = (...ids: readonly string[]) =>
  answered({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe("the poller of a queue", () => {
  type Event = Readonly<{ Records: readonly { messageId: string; body: string }[] }>;

  function polled(answer: (event: Event) => Outcome): { queue: Queue; events: Event[] } {
    const queues = queueBook({ clock, arnOf: (name) => name, anyOf: () => 0 });
    const queue = queues.create("a.fifo", { FifoQueue: "true", VisibilityTimeout: "60" });
    const events: Event[] = [];
    sqsPoller({
      queue,
      queueArn: "a.fifo",
      batchSize: 10,
      concurrencyMax: 2,
      partialBatches: true,
      mayUse: () => true,
      hasRoom: () => true,
      complain: (what) => expect.unreachable(what),
      invoke: (event) => {
        events.push(event as unknown as Event);
        return Promise.resolve(answer(event as unknown as Event));
      },
    });
    return { queue, events };
  }

  /** Nothing is left that could be taken now, and all that was taken has been answered. */
  const settled = async (queue: Queue, events: readonly Event[], more: number) => {
    await vi.waitFor(() => {
      expect(queue.hasWork()).toBe(false);
      expect(events.flatMap(({ Records }) => Records).length).toBeGreaterThanOrEqual(more);
    });
    await turn();
  };
  const send = (queue: Queue, ...all: readonly string[]) => {
    for (const body of all) queue.send({ body, group: body[0] ?? "", dedupId: body });
  };

  test("removes what was done, and nothing that failed", async () => {
    const { queue, events } = polled(({ Records }) =>
      failures(...Records.filter(({ body }) => body === "b1").map(({ messageId }) => messageId)),
    );
    send(queue, "a1", "b1", "c1");
    await settled(queue, events, 3);

    expect(queue.bodies()).toEqual(["b1"]);
  });

  test("removes nothing when the function failed, and comes again when it is time", async () => {
    const { queue, events } = polled(() => failed);
    send(queue, "a1");
    await settled(queue, events, 1);
    const before = events.length;

    clock.jump(60_000);
    await settled(queue, events, 2);

    expect(queue.bodies()).toEqual(["a1"]);
    expect(events.length).toBe(before + 1);
  });

  test("takes an answer without failures for a success of all", async () => {
    const { queue, events } = polled(() => answered(null));
    send(queue, "a1", "b1");
    await settled(queue, events, 2);

    expect(queue.bodies()).toEqual([]);
  });
});

describe("the poller of a stream", () => {
  const record = (n: number, eventName = "INSERT"): StreamRecord => ({
    eventID: String(n),
    eventName,
    dynamodb: { SequenceNumber: String(n), Keys: { sk: { S: `log#${n}` } } },
  });
  type Batch = Readonly<{ Records: readonly StreamRecord[] }>;

  function polled(
    answer: (batch: readonly string[]) => Outcome,
    more: { retriesMax?: number } = {},
  ) {
    const batches: (readonly string[])[] = [];
    const given: JsonObject[] = [];
    const poller = streamPoller({
      clock,
      streamArn: "arn",
      batchSize: 10,
      filters: [{ eventName: ["INSERT"], dynamodb: { Keys: { sk: { S: [{ prefix: "log#" }] } } } }],
      partialBatches: true,
      bisect: true,
      retriesMax: more.retriesMax ?? 5,
      hasRoom: () => true,
      giveUp: (info) => given.push(info),
      invoke(event) {
        const ids = (event as unknown as Batch).Records.map(({ eventID }) => eventID as string);
        batches.push(ids);
        return Promise.resolve(answer(ids));
      },
    });
    return { poller, batches, given };
  }

  test("hands on what passes the filter, in order", async () => {
    const { poller, batches } = polled(() => answered(null));
    poller.offer([record(1), record(2, "REMOVE"), record(3)]);
    await turn();

    expect(batches).toEqual([["1", "3"]]);
  });

  test("goes on at the first record that failed", async () => {
    const { poller, batches } = polled((ids) => (ids[0] === "1" ? failures("2") : answered(null)));
    poller.offer([record(1), record(2), record(3)]);
    await turn();
    clock.jump(60_000);
    await turn();

    expect(batches).toEqual([
      ["1", "2", "3"],
      ["2", "3"],
    ]);
    expect(poller.isIdle()).toBe(true);
  });

  test("halves a batch by which the function dies, and gives up the one that kills it", async () => {
    const { poller, batches, given } = polled(
      (ids) => (ids.includes("3") ? failed : answered(null)),
      { retriesMax: 3 },
    );
    poller.offer([record(1), record(2), record(3), record(4)]);
    for (let times = 0; times < 12; times++) {
      await turn();
      clock.jump(60_000);
    }
    await turn();

    expect(batches[1]).toEqual(["1", "2"]);
    expect(given).toHaveLength(1);
    expect(given[0]).toMatchObject({
      DDBStreamBatchInfo: { startSequenceNumber: "3", endSequenceNumber: "3" },
    });
    expect(batches.at(-1)).toEqual(["4"]);
  });
});

describe("a pattern of events", () => {
  test.each([
    [{ a: ["x"] }, { a: "x" }, true],
    [{ a: ["x", "y"] }, { a: "z" }, false],
    [{ a: { b: [{ prefix: "lo" }] } }, { a: { b: "log" } }, true],
    [{ a: [{ exists: false }] }, {}, true],
    [{ a: [{ "anything-but": ["x"] }] }, { a: "x" }, false],
  ])("%j and %j: %s", (pattern, event, expected) => {
    expect(matchesPattern(pattern as JsonObject, event as JsonObject)).toBe(expected);
  });

  test("is not passed over when it says what nobody here knows", () => {
    expect(() => matchesPattern({ a: [{ numeric: [">", 1] }] }, { a: 2 })).toThrow("numeric");
  });
});

describe("a request that comes through API Gateway", () => {
  const headers = { host: "api.example", "content-type": "application/x-www-form-urlencoded" };
  const incoming = { method: "POST", url: "/v1/x?a=1&a=2", headers, body: Buffer.from("a=%C3%A4") };

  test("has its form in base64, and values of one name joined", () => {
    const event = proxyEvent(incoming, "api", 0);

    expect(event["isBase64Encoded"]).toBe(true);
    expect(Buffer.from(event["body"] as string, "base64").toString()).toBe("a=%C3%A4");
    expect(event["queryStringParameters"]).toEqual({ a: "1,2" });
    expect(event["rawQueryString"]).toBe("a=1&a=2");
  });
});
