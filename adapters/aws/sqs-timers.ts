import { CreateScheduleCommand, type SchedulerClient } from "@aws-sdk/client-scheduler";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Instant } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Timers } from "../../core/ports/timers.ts";
import { answered, asked } from "./aws-fault.ts";
import { digest } from "./digest.ts";
import type { TimerMessage } from "./wake-message.ts";

export type SqsTimersDeps = Readonly<{
  sqs: SQSClient;
  scheduler: SchedulerClient;
  queueUrl: string;
  /** What Scheduler needs to know: see `lambdas/env.ts`. */
  queueArn: string;
  group: string;
  role: string;
  deadLetters: string;
  now(): Instant;
  newId(): string;
}>;

export interface SqsTimers extends Timers {
  set(key: RunKey, at: Instant, again?: number): Promise<void>;
}

/** The longest that SQS delays a message. */
const DELAY_S_MAX = 900;
/**
 * Scheduler is punctual to the minute and may be late by one. It fires this much early, and the
 * delay queue, which is punctual to the second, takes the rest.
 */
const SCHEDULE_EARLY_MS = 120_000;

/**
 * Timers of a deployment: a delayed message for up to 15 minutes, a one-time schedule for longer.
 *
 * A schedule is named after its run and instant, so setting it twice makes one. It deletes itself
 * when it has fired. Nothing is ever taken back: a run that is woken for nothing stays as it is.
 */
export function sqsTimers(deps: SqsTimersDeps): SqsTimers {
  const { sqs, scheduler, now, newId } = deps;
  return {
    async set({ tenant, runId }, at, again = 0) {
      const message: TimerMessage = { tenant, run: runId, at, fire: newId(), again };
      const body = JSON.stringify(message);
      const delayS = Math.max(0, Math.ceil((at - now()) / 1_000));
      if (delayS <= DELAY_S_MAX) {
        const send = new SendMessageCommand({
          QueueUrl: deps.queueUrl,
          MessageBody: body,
          DelaySeconds: delayS,
        });
        await answered(`set a timer of run ${runId}`, () => sqs.send(send));
        return;
      }
      const create = new CreateScheduleCommand({
        Name: nameOf(tenant, runId, at),
        GroupName: deps.group,
        ClientToken: nameOf(tenant, runId, at),
        ScheduleExpression: `at(${secondOf(at - SCHEDULE_EARLY_MS)})`,
        ScheduleExpressionTimezone: "UTC",
        FlexibleTimeWindow: { Mode: "OFF" },
        ActionAfterCompletion: "DELETE",
        Target: {
          Arn: deps.queueArn,
          RoleArn: deps.role,
          Input: body,
          DeadLetterConfig: { Arn: deps.deadLetters },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      });
      // There is one of this name: it is this timer, set before.
      await asked(`set a timer of run ${runId}`, () => scheduler.send(create), [TAKEN]);
    },
  };
}

const TAKEN = "ConflictException";

/** Forty digits of 64 characters, which is what a name may have. */
function nameOf(tenant: string, runId: string, at: Instant): string {
  return `run-${digest(`${tenant}/${runId}/${at}`)}`;
}

/** Rounded up, without a zone: that is another field. */
function secondOf(at: Instant): string {
  return new Date(Math.ceil(at / 1_000) * 1_000).toISOString().slice(0, 19);
}
