import { describe, expect, test } from "vitest";
import { FUNCTION_NAMES } from "../../lambdas/env.ts";
import { ALARMS } from "../../lib/alarm-list.ts";
import { FUNCTIONS, NUMBERS, QUEUES, SCHEDULES, SOURCES, STREAM } from "../../lib/numbers.ts";

/** What AWS gives an account and Region before anybody asks for more. */
const ACCOUNT_INSTANCES = 1_000;
/** Lambda keeps so many for functions that reserve none. */
const UNRESERVED_MIN = 100;

describe("time", () => {
  test("of the API ends before API Gateway's, and after its own longest answer", () => {
    expect(FUNCTIONS.api.timeoutSeconds).toBeLessThan(30);
    expect(FUNCTIONS.api.timeoutSeconds).toBeGreaterThan(25 + 3);
    expect(FUNCTIONS.socket.timeoutSeconds).toBeLessThanOrEqual(29);
  });

  test("of a sweep ends before the next one begins, and one runs at once", () => {
    expect(FUNCTIONS.sweep.timeoutSeconds).toBeLessThan(60);
    expect(FUNCTIONS.sweep.reserved).toBe(1);
    expect(SCHEDULES.sweepAgeSeconds.value).toBe(60);
  });

  test("of deliveries suffices for a batch of endpoints that are all slow", () => {
    const DELIVERY_S_MAX = 15;

    expect(FUNCTIONS.webhook.timeoutSeconds).toBeGreaterThan(
      SOURCES.webhook.batch * DELIVERY_S_MAX,
    );
  });

  test("in which a message is hidden is longer than its work, six times where nobody shortens it", () => {
    expect(QUEUES.lane.visibilitySeconds).toBeGreaterThanOrEqual(
      FUNCTIONS.step.timeoutSeconds + 60,
    );
    for (const [queue, worker] of [
      ["timer", "timer"],
      ["webhook", "webhook"],
      ["letters", "dead-letter"],
    ] as const) {
      const six = 6 * FUNCTIONS[worker].timeoutSeconds;
      expect(QUEUES[queue].visibilitySeconds, queue).toBeGreaterThanOrEqual(six);
    }
  });

  test("in which a stream's record is tried again is within what DynamoDB keeps", () => {
    expect(STREAM.ageSeconds.value).toBeLessThan(86_400);
    // Each failure halves the batch, so that a bad record is alone before retries end.
    expect(2 ** STREAM.retries.value).toBeGreaterThan(STREAM.batch.value);
    expect(ALARMS.EventsLate.threshold / 1_000).toBeLessThan(STREAM.ageSeconds.value);
  });

  test("in which artifacts and rows can be restored is the same", () => {
    expect(NUMBERS.artifactVersionDays).toEqual({
      ...NUMBERS.artifactVersionDays,
      value: NUMBERS.recoveryDays.value,
    });
  });
});

describe("an outage of ten minutes", () => {
  const OUTAGE_S = 600;
  /** As long as the worker holds a message that it has received. */
  const LEASE_S = 60;

  test("makes no dead letter of a wake-up", () => {
    expect(QUEUES.lane.receivesMax * LEASE_S).toBeGreaterThanOrEqual(2 * OUTAGE_S);
  });

  test("makes no dead letter of a timer or a delivery, and loses no dead letter", () => {
    for (const name of ["timer", "webhook", "letters"] as const) {
      const { receivesMax, visibilitySeconds } = QUEUES[name];
      expect(receivesMax * visibilitySeconds, name).toBeGreaterThan(2 * OUTAGE_S);
    }
  });

  test("is over before a message is forgotten", () => {
    for (const { retentionDays, receivesMax, visibilitySeconds } of Object.values(QUEUES)) {
      expect(retentionDays * 86_400).toBeGreaterThan(receivesMax * visibilitySeconds);
    }
  });
});

describe("what runs at once", () => {
  const reserved = Object.values(FUNCTIONS).reduce((sum, one) => sum + (one.reserved ?? 0), 0);

  test("leaves others of the account what AWS keeps for them", () => {
    expect(ACCOUNT_INSTANCES - reserved).toBeGreaterThanOrEqual(UNRESERVED_MIN);
  });

  test("by queues together takes less than half of an account", () => {
    const { lane, timer, webhook, letters } = SOURCES;
    const all =
      NUMBERS.lanes.value * lane.concurrencyMax +
      timer.concurrencyMax +
      webhook.concurrencyMax +
      letters.concurrencyMax;

    expect(all + reserved).toBeLessThan(ACCOUNT_INSTANCES / 2);
  });

  test("from a FIFO queue is a batch of at most ten, and two instances at least", () => {
    for (const { batch, concurrencyMax } of Object.values(SOURCES)) {
      expect(batch).toBeLessThanOrEqual(10);
      expect(concurrencyMax).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("every number", () => {
  test("has a reason", () => {
    const all = [FUNCTIONS, QUEUES, SOURCES, STREAM, SCHEDULES, NUMBERS, ALARMS].flatMap((one) =>
      Object.values<Readonly<{ why: string }>>(one),
    );

    expect(all.length).toBeGreaterThan(40);
    for (const { why } of all) expect(why.length).toBeGreaterThan(10);
  });

  test("is within what AWS takes", () => {
    for (const name of FUNCTION_NAMES) {
      expect(FUNCTIONS[name].timeoutSeconds).toBeLessThanOrEqual(900);
      expect(FUNCTIONS[name].memoryMb).toBeGreaterThanOrEqual(128);
    }
    for (const { visibilitySeconds, retentionDays, receivesMax } of Object.values(QUEUES)) {
      expect(visibilitySeconds).toBeLessThanOrEqual(43_200);
      expect(retentionDays).toBeLessThanOrEqual(14);
      expect(receivesMax).toBeLessThanOrEqual(1_000);
    }
    expect(SCHEDULES.retries.value).toBeLessThanOrEqual(185);
    expect(NUMBERS.recoveryDays.value).toBeLessThanOrEqual(35);
  });
});
