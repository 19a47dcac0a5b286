import {
  ConflictException,
  CreateScheduleCommand,
  SchedulerClient,
  ThrottlingException,
} from "@aws-sdk/client-scheduler";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sqsTimers } from "../../adapters/aws/sqs-timers.ts";
import { TimerMessage } from "../../adapters/aws/wake-message.ts";
import { type Emulated, emulated } from "../support/fauxqs.ts";

const NOW = Date.UTC(2026, 0, 1);
const key = { tenant: "ten_1", runId: "run_1" };
const scheduler = mockClient(SchedulerClient);

let aws: Emulated;
let queueUrl = "";
beforeAll(async () => {
  aws = await emulated();
  queueUrl = aws.queue("timers");
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.server.purgeAll();
  queueUrl = aws.queue("timers");
  scheduler.reset();
  scheduler.on(CreateScheduleCommand).resolves({});
});

function timers() {
  return sqsTimers({
    sqs: aws.sqs,
    scheduler: new SchedulerClient({ region: "eu-central-1" }),
    queueUrl,
    queueArn: "arn:aws:sqs:eu-central-1:000000000000:timers",
    group: "holdfast",
    role: "arn:aws:iam::000000000000:role/scheduler",
    deadLetters: "arn:aws:sqs:eu-central-1:000000000000:letters",
    now: () => NOW,
    newId: () => crypto.randomUUID(),
  });
}

function schedules() {
  return scheduler.commandCalls(CreateScheduleCommand).map(({ args: [{ input }] }) => input);
}

describe("a timer of at most 15 minutes", () => {
  test("is a message that is delayed to the second, rounded up", async () => {
    await timers().set(key, NOW + 1);
    await timers().set(key, NOW + 899_001);

    const { delayed = [] } = aws.server.inspectQueue("timers")?.messages ?? {};
    const delays = delayed.map(({ delayUntil = 0, sentTimestamp }) => delayUntil - sentTimestamp);
    expect(delays).toEqual([1_000, 900_000]);
    expect(schedules()).toEqual([]);
  });

  test("that is over already comes at once", async () => {
    await timers().set(key, NOW - 5_000);

    expect(aws.bodies("timers")).toMatchObject([
      { tenant: "ten_1", run: "run_1", at: NOW - 5_000 },
    ]);
  });
});

describe("a longer timer", () => {
  test("is a schedule of its own, which deletes itself and is not flexible", async () => {
    await timers().set(key, NOW + 86_400_500, 2);

    const [schedule] = schedules();
    expect(schedule).toMatchObject({
      GroupName: "holdfast",
      // Two minutes early, since Scheduler may be late by one; the delay queue takes the rest.
      ScheduleExpression: "at(2026-01-01T23:58:01)",
      ScheduleExpressionTimezone: "UTC",
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "DELETE",
      Target: { DeadLetterConfig: { Arn: "arn:aws:sqs:eu-central-1:000000000000:letters" } },
    });
    const input = TimerMessage.parse(JSON.parse(schedule?.Target?.Input ?? ""));
    expect(input).toMatchObject({ tenant: "ten_1", run: "run_1", at: NOW + 86_400_500, again: 2 });
    expect(aws.bodies("timers")).toEqual([]);
  });

  test("has a name that follows from run and instant, and is short", async () => {
    const long = { tenant: "ten_1", runId: "ä".repeat(128) };
    await timers().set(key, NOW + 1e7);
    await timers().set(key, NOW + 1e7);
    await timers().set(key, NOW + 2e7);
    await timers().set(long, NOW + 1e7);

    const [first, again, later, other] = schedules();
    expect(again?.Name).toBe(first?.Name);
    expect(again?.Target?.Input).not.toBe(first?.Target?.Input);
    expect(new Set([first, later, other].map((one) => one?.Name)).size).toBe(3);
    for (const { Name } of schedules()) expect(Name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
  });

  test("that was set before is there, and that is what was wanted", async () => {
    const taken = { message: "taken", Message: "taken", $metadata: {} };
    scheduler.on(CreateScheduleCommand).rejects(new ConflictException(taken));

    await timers().set(key, NOW + 1e7);

    expect(schedules()).toHaveLength(1);
  });

  test("that is throttled is a fault that may be tried again", async () => {
    const said = { message: "slow", Message: "slow", $metadata: { httpStatusCode: 429 } };
    scheduler.on(CreateScheduleCommand).rejects(new ThrottlingException(said));

    const set = timers().set(key, NOW + 1e7);
    await expect(set).rejects.toMatchObject({ name: "Fault", retryable: true });
  });
});
