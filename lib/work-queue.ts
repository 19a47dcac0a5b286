import { Duration } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { EventSourceMapping, type IFunction } from "aws-cdk-lib/aws-lambda";
import {
  DeduplicationScope,
  FifoThroughputLimit,
  type IQueue,
  Queue,
  QueueEncryption,
} from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { grant, grantKey } from "./grant.ts";
import { DEAD_LETTER_DAYS, NUMBERS, QUEUES, type QueueName, SOURCES } from "./numbers.ts";

export interface WorkQueueProps {
  readonly key: IKey;
  /** Which row of the numbers is for it. */
  readonly numbers: QueueName;
  readonly fifo?: boolean;
  /** Takes what was received too often; without one the queue has its own. */
  readonly deadLetters?: Readonly<{ queue: IQueue }>;
}

/** A queue that one function works off, and where messages go that it cannot. */
export class WorkQueue extends Construct {
  readonly queue: IQueue;
  readonly url: string;
  readonly arn: string;
  readonly deadLetters: Readonly<{ queue: IQueue }>;
  readonly #key: IKey;
  readonly #numbers: QueueName;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const { key, numbers, fifo = false } = props;
    const { visibilitySeconds, receivesMax, retentionDays } = QUEUES[numbers];
    this.deadLetters = props.deadLetters ?? new DeadLetters(this, "DeadLetters", { key, fifo });
    this.queue = new Queue(this, "Queue", {
      ...encrypted(key),
      ...(fifo ? FIFO : {}),
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      retentionPeriod: Duration.days(retentionDays),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: receivesMax },
    });
    this.url = this.queue.queueUrl;
    this.arn = this.queue.queueArn;
    this.#key = key;
    this.#numbers = numbers;
  }

  grantSend(grantee: IGrantable): void {
    grantSend(grantee, this.#key, [this.arn]);
  }

  /** Connects the queue to the function that works it off. */
  feed(worker: IFunction): void {
    const { batch, concurrencyMax } = SOURCES[this.#numbers];
    grantWork(worker, this.#key, [this.arn]);
    const source = new EventSourceMapping(this, "Source", {
      target: worker,
      eventSourceArn: this.arn,
      batchSize: batch,
      maxConcurrency: concurrencyMax,
      reportBatchItemFailures: true,
    });
    acceptFinding(
      source,
      "Serverless-LambdaEventSourceMappingDestination",
      "A queue has no such destination: what fails goes to its dead-letter queue by its redrive policy.",
    );
  }
}

export interface DeadLettersProps {
  readonly key: IKey;
  readonly fifo?: boolean;
}

/** Where messages end that could not be handled. It is kept for as long as SQS keeps anything. */
export class DeadLetters extends Construct {
  readonly queue: IQueue;
  readonly arn: string;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, { key, fifo = false }: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, "Queue", {
      ...encrypted(key),
      ...(fifo ? FIFO : {}),
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS.value),
    });
    const reason = "It is a dead-letter queue: an alarm tells when it holds a message.";
    acceptFinding(this.queue, "AwsSolutions-SQS3", reason);
    acceptFinding(this.queue, "Serverless-SQSRedrivePolicy", reason);
    this.arn = this.queue.queueArn;
    this.#key = key;
  }

  grantSend(grantee: IGrantable): void {
    grantSend(grantee, this.#key, [this.arn]);
  }
}

/** A group is a run, and each message says itself what makes it the same as another. */
const FIFO = {
  fifo: true,
  contentBasedDeduplication: false,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
} as const;

function encrypted(key: IKey) {
  return {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    dataKeyReuse: Duration.seconds(NUMBERS.keyReuseSeconds.value),
    enforceSSL: true,
  } as const;
}

export function grantSend(
  grantee: IGrantable,
  key: IKey,
  on: readonly string[],
  because?: string,
): void {
  grant(grantee, { actions: ["sqs:SendMessage"], on, ...(because ? { because } : {}) });
  grantKey(grantee, key, "sqs", "write");
}

/** What Lambda asks for in the function's name. */
export function grantWork(
  grantee: IGrantable,
  key: IKey,
  on: readonly string[],
  because?: string,
): void {
  const actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
  grant(grantee, { actions, on, ...(because ? { because } : {}) });
  grantKey(grantee, key, "sqs", "read");
}
