import { ArnFormat, Names, Stack } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { grant } from "./grant.ts";
import { NUMBERS } from "./numbers.ts";
import { grantSend, grantWork, WorkQueue } from "./work-queue.ts";

export interface LanesProps {
  readonly key: IKey;
}

const OWN = "The lanes of tenants are made later, by this prefix, which no other deployment has.";

const CONNECTIONS = "AWS chooses their ids. Only those of the function step can be touched.";

/**
 * The queues that wake runs. Small tenants share the lanes that are made here; a tenant with a lane
 * of its own gets it by the API when the tenant is made, since a template cannot know its name.
 */
export class Lanes extends Construct {
  readonly shared: readonly WorkQueue[];
  /** What no lane could work off; a function of its own gives it another chance, later. */
  readonly letters: WorkQueue;
  /** Begins the names of tenants' own lanes, of this deployment and of no other. */
  readonly prefix: string;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, { key }: LanesProps) {
    super(scope, id);
    // A FIFO queue's dead letters must be FIFO too, and tenants' own lanes use the same queue.
    this.letters = new WorkQueue(this, "Letters", { key, numbers: "letters", fifo: true });
    this.shared = Array.from(
      { length: NUMBERS.lanes.value },
      (_, n) =>
        new WorkQueue(this, `Lane${n}`, {
          key,
          numbers: "lane",
          fifo: true,
          deadLetters: this.letters,
        }),
    );
    // A queue's name has 80 characters, and a tenant's id and ".fifo" must find room in it.
    this.prefix = `${Names.uniqueResourceName(this, { maxLength: 32 })}-`;
    this.#key = key;
  }

  /** To wake runs of any tenant. */
  grantWake(grantee: IGrantable): void {
    grantSend(grantee, this.#key, this.#all(), OWN);
  }

  /** Connects the lanes that are here, and lets the worker work off those that will be. */
  feed(worker: IFunction): void {
    grantWork(worker, this.#key, [this.#own()], OWN);
    // The worker itself says for how long it holds a message.
    grant(worker, { actions: ["sqs:ChangeMessageVisibility"], on: this.#all(), because: OWN });
    for (const lane of this.shared) lane.feed(worker);
  }

  /** To make tenants' own lanes: queues of this prefix, connected to this one worker. */
  grantOpen(grantee: IGrantable, worker: IFunction): void {
    const actions = ["sqs:CreateQueue", "sqs:SetQueueAttributes"];
    grant(grantee, { actions, on: [this.#own()], because: OWN });
    this.#grantFind(grantee);
    const when = { ArnEquals: { "lambda:FunctionArn": worker.functionArn } };
    grant(grantee, {
      actions: ["lambda:CreateEventSourceMapping"],
      on: ["*"],
      when,
      because: "What is made has no name yet. It can only be connected to the function step.",
    });
    grant(grantee, {
      actions: ["lambda:UpdateEventSourceMapping"],
      on: [this.#connections()],
      when,
      because: CONNECTIONS,
    });
  }

  /** To remove tenants' own lanes. */
  grantClose(grantee: IGrantable, worker: IFunction): void {
    grant(grantee, { actions: ["sqs:DeleteQueue"], on: [this.#own()], because: OWN });
    this.#grantFind(grantee);
    grant(grantee, {
      actions: ["lambda:DeleteEventSourceMapping"],
      on: [this.#connections()],
      when: { ArnEquals: { "lambda:FunctionArn": worker.functionArn } },
      because: CONNECTIONS,
    });
  }

  #grantFind(grantee: IGrantable): void {
    const actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"];
    grant(grantee, { actions, on: [this.#own()], because: OWN });
    grant(grantee, {
      actions: ["lambda:ListEventSourceMappings"],
      on: ["*"],
      because: "AWS knows no smaller resource for listing connections than all of the account.",
    });
  }

  #connections(): string {
    return Stack.of(this).formatArn({
      service: "lambda",
      resource: "event-source-mapping",
      resourceName: "*",
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  #own(): string {
    return Stack.of(this).formatArn({ service: "sqs", resource: `${this.prefix}*` });
  }

  #all(): readonly string[] {
    return [...this.shared.map(({ arn }) => arn), this.#own()];
  }
}
