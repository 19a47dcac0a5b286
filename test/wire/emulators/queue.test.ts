import { afterEach, describe, expect, test } from "vitest";
import { queueBook } from "../services/queue-book.ts";
import { type WorldClock, worldClock } from "../world-clock.ts";

const FIFO = { FifoQueue: "true", VisibilityTimeout: "30" };

let clock: WorldClock;

function book() {
  clock = worldClock();
  return queueBook({ clock, arnOf: (name) => `arn:aws:sqs:::${name}`, anyOf: () => 0 });
}

function fifo(attributes: Readonly<Record<string, string>> = {}) {
  return book().create("a.fifo", { ...FIFO, ...attributes });
}

afterEach(() => clock.close());

const bodies = (messages: readonly { body: string }[]) => messages.map(({ body }) => body);

describe("a FIFO queue", () => {
  test("gives several messages of one group at once, in order, and mixes groups", () => {
    const queue = fifo();
    for (const body of ["a1", "a2", "b1", "a3"]) {
      queue.send({ body, group: body.slice(0, 1), dedupId: body });
    }

    expect(bodies(queue.receive(10, undefined))).toEqual(["a1", "a2", "b1", "a3"]);
  });

  test("holds a group back while one of its messages is out, and no other group", () => {
    const queue = fifo();
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    queue.receive(1, undefined);
    queue.send({ body: "a2", group: "a", dedupId: "2" });
    queue.send({ body: "b1", group: "b", dedupId: "3" });

    expect(bodies(queue.receive(10, undefined))).toEqual(["b1"]);
  });

  test("gives a message again when its visibility is over, before the later ones", () => {
    const queue = fifo();
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    queue.send({ body: "a2", group: "a", dedupId: "2" });
    queue.receive(1, undefined);

    clock.jump(30_000);
    const again = queue.receive(10, undefined);

    expect(bodies(again)).toEqual(["a1", "a2"]);
    expect(again[0]?.receives).toBe(2);
  });

  test("refuses a receipt that has expired, and keeps the message", () => {
    const queue = fifo();
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    const [message] = queue.receive(1, undefined);
    const receipt = message?.receipt ?? "";

    clock.jump(30_000);

    expect(() => queue.delete(receipt)).toThrow("expired");
    expect(() => queue.changeVisibility(receipt, 60_000)).toThrow("expired");
    expect(queue.counts().waiting).toBe(1);
  });

  test("keeps a message hidden for as long as its visibility is prolonged", () => {
    const queue = fifo();
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    const [message] = queue.receive(1, undefined);
    queue.changeVisibility(message?.receipt ?? "", 120_000);

    clock.jump(60_000);

    expect(queue.hasWork()).toBe(false);
  });

  test("swallows a message that was sent within five minutes, and not one that is later", () => {
    const queue = fifo();
    const send = () => queue.send({ body: "a", group: "a", dedupId: "1" }).id;
    const first = send();

    expect(send()).toBe(first);
    clock.jump(5 * 60_000);
    expect(send()).not.toBe(first);
    expect(queue.counts().waiting).toBe(2);
  });

  test("knows repeats by group when its scope is the group", () => {
    const queue = fifo({ DeduplicationScope: "messageGroup" });
    queue.send({ body: "a", group: "a", dedupId: "1" });
    queue.send({ body: "b", group: "b", dedupId: "1" });

    expect(queue.counts().waiting).toBe(2);
  });

  test("gives up a message after its receives, and goes on with the group", () => {
    const queues = book();
    queues.create("dead.fifo", FIFO);
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:::dead.fifo",
      maxReceiveCount: 2,
    });
    const queue = queues.create("a.fifo", { ...FIFO, RedrivePolicy });
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    queue.send({ body: "a2", group: "a", dedupId: "2" });
    for (let times = 0; times < 2; times++) {
      queue.receive(1, undefined);
      clock.jump(30_000);
    }

    expect(bodies(queue.receive(1, undefined))).toEqual(["a2"]);
    expect(queues.named("dead.fifo").bodies()).toEqual(["a1"]);
  });

  test("says when time brings something back, and the clock can jump there", () => {
    const queue = fifo();
    const seen: boolean[] = [];
    queue.send({ body: "a1", group: "a", dedupId: "1" });
    queue.receive(1, undefined);
    queue.watch(() => seen.push(queue.hasWork()));

    expect(clock.jumpToNext()).toContain("visibility");
    expect(seen).toEqual([true]);
  });
});

describe("a standard queue", () => {
  test("delays a message, to the second", () => {
    const queue = book().create("a", {});
    queue.send({ body: "later", delayMs: 60_000 });

    expect(queue.hasWork()).toBe(false);
    clock.jump(59_000);
    expect(queue.hasWork()).toBe(false);
    clock.jump(1_000);
    expect(queue.hasWork()).toBe(true);
  });

  test("says yes to a stale receipt, and removes nothing", () => {
    const queue = book().create("a", {});
    queue.send({ body: "a" });
    const stale = queue.receive(1, 1_000)[0]?.receipt ?? "";
    clock.jump(1_000);
    queue.receive(1, 1_000);

    queue.delete(stale);

    expect(queue.counts().inFlight).toBe(1);
  });

  test("forgets what nobody took within its retention", () => {
    const queue = book().create("a", { MessageRetentionPeriod: "60" });
    queue.send({ body: "a" });

    clock.jump(61_000);

    expect(queue.receive(1, undefined)).toEqual([]);
    expect(queue.counts().waiting).toBe(0);
  });
});

describe("the book of queues", () => {
  test.each([
    ["a.fifo", {}, "ends in .fifo"],
    ["a", { FifoQueue: "true" }, "ends in .fifo"],
    ["a", { VisibilityTimout: "3" }, "unknown: VisibilityTimout"],
    ["a b", {}, "no name of a queue"],
    ["a.fifo", { FifoQueue: "true", FifoThroughputLimit: "perMessageGroupId" }, "messageGroup"],
    ["a", { RedrivePolicy: '{"deadLetterTargetArn":"arn:::::none","maxReceiveCount":3}' }, "none"],
  ] as const)("refuses %s with %j", (name, attributes, why) => {
    expect(() => book().create(name, attributes)).toThrow(why);
  });

  test("answers a repeat with the same queue, and refuses other attributes", () => {
    const queues = book();
    const made = queues.create("a", { DelaySeconds: "1" });

    expect(queues.create("a", { DelaySeconds: "1" })).toBe(made);
    expect(() => queues.create("a", { DelaySeconds: "2" })).toThrow("other attributes");
  });

  test("does not give a name again for a minute after a queue was removed", () => {
    const queues = book();
    queues.create("a", {});
    queues.remove("a");

    expect(() => queues.create("a", {})).toThrow("a moment ago");
    clock.jump(60_000);
    expect(queues.create("a", {}).counts().waiting).toBe(0);
  });
});
