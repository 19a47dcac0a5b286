import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { askDynamo } from "../deploy.ts";
import type { Pool } from "../functions/pool.ts";
import type { Authority } from "../iam/authority.ts";
import { arn, wish } from "../iam/wishes.ts";
import { type MappingSettings, mappingSettings } from "../services/lambda-control.ts";
import type { Target } from "../services/scheduler.ts";
import type { Sqs } from "../services/sqs.ts";
import type { Resolve } from "../template/resolve.ts";
import { ofType, REGION, type Template } from "../template/template.ts";
import type { WorldClock } from "../world-clock.ts";
import { sqsPoller } from "./sqs-poller.ts";
import { streamPoller } from "./stream-poller.ts";
import { type StreamReader, streamReader } from "./stream-reader.ts";

type Options = Readonly<{
  template: Template;
  resolve: Resolve;
  clock: WorldClock;
  authority: Authority;
  queues: Sqs;
  dynamoEndpoint: string;
  poolOf: (arnOrId: string) => Pool;
  keyOf: (arn: string) => string | undefined;
  complain: (what: string) => void;
  map: (settings: MappingSettings) => void;
}>;

export type Feeding = ReturnType<typeof feeding>;

/** What the clock calls the beginning of a minute, at which the sweep runs. */
export const NEXT_MINUTE = "the next minute";

const QUEUE_READ = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] as const;

/**
 * What brings events to functions without anybody asking: mappings of queues and of the stream,
 * and schedules. Lambda does this in the function's name, Scheduler by a role it was passed, so
 * both are checked like the functions themselves.
 */
export function feeding(options: Options) {
  const { clock, authority, queues, poolOf } = options;
  const readers = new Set<StreamReader>();
  const streams = new Set<ReturnType<typeof streamPoller>>();
  const closers: (() => void)[] = [];
  const pumps: (() => void)[] = [];
  let isOut = false;

  function may(who: string, service: string, action: string, resource: string): boolean {
    return authority.check(who, wish(`${service}:${action}`, resource)).allowed;
  }

  /** What is encrypted is read and written by its key as well. */
  function mayKey(
    who: string,
    resource: string,
    service: string,
    uses: readonly string[],
  ): boolean {
    const key = options.keyOf(resource);
    const context = { "kms:ViaService": `${service}.${REGION}.amazonaws.com` };
    return (
      key === undefined ||
      uses.every((use) => authority.check(who, wish(`kms:${use}`, key, context)).allowed)
    );
  }

  function connectQueue(settings: MappingSettings): () => void {
    const pool = poolOf(settings.functionArn);
    const { id } = pool.settings;
    may(id, "sqs", "GetQueueAttributes", settings.sourceArn);
    const queue = queues.named(settings.sourceArn.split(":").at(-1) ?? "");
    const poller = sqsPoller({
      ...settings,
      queue,
      queueArn: settings.sourceArn,
      invoke: (event) => pool.invoke(event),
      mayUse: (action) =>
        may(id, "sqs", action, settings.sourceArn) &&
        (action === "DeleteMessage" || mayKey(id, settings.sourceArn, "sqs", ["Decrypt"])),
      hasRoom: () => pool.hasRoom() && !isOut,
      complain: options.complain,
    });
    pool.whenFree(() => poller.pump());
    pumps.push(() => poller.pump());
    return () => poller.stop();
  }

  function connectStream(settings: MappingSettings): () => void {
    const pool = poolOf(settings.functionArn);
    const { id } = pool.settings;
    const { sourceArn } = settings;
    const table = sourceArn.replace(/\/stream\/.*$/, "");
    may(id, "dynamodb", "ListStreams", "*");
    const stream = streamPoller({
      ...settings,
      clock,
      streamArn: sourceArn,
      invoke: (event) => pool.invoke(event),
      hasRoom: () => pool.hasRoom() && !isOut,
      giveUp: (info) => void deliver(id, settings.onFailure ?? "", JSON.stringify(info)),
    });
    const reader = streamReader({
      streamArn: sourceArn,
      startAt: settings.startAt,
      deliver: (records) => stream.offer(records),
      failed: (error) => options.complain(`the stream: ${String(error)}`),
      async ask(operation, params) {
        const isAllowed =
          may(id, "dynamodb", operation, sourceArn) && mayKey(id, table, "dynamodb", ["Decrypt"]);
        if (!isAllowed) throw new Error(`${pool.settings.name} may not ${operation}`);
        const target = `DynamoDBStreams_20120810.${operation}`;
        return askDynamo(options.dynamoEndpoint, target, params);
      },
    });
    pool.whenFree(() => stream.pump());
    pumps.push(() => stream.pump());
    readers.add(reader);
    streams.add(stream);
    return () => {
      stream.stop();
      void reader.stop();
    };
  }

  /** Sends in somebody's name; what may not be sent is a denial on record. */
  function deliver(who: string, queueArn: string, body: string): boolean {
    const isAllowed =
      may(who, "sqs", "SendMessage", queueArn) &&
      mayKey(who, queueArn, "sqs", ["GenerateDataKey", "Decrypt"]);
    if (isAllowed) queues.named(queueArn.split(":").at(-1) ?? "").send({ body });
    return isAllowed;
  }

  function fire({ arn: to, role, input, deadLetters }: Target): void {
    if (to.includes(":sqs:")) {
      if (!deliver(role, to, input) && deadLetters) deliver(role, deadLetters, input);
      return;
    }
    if (!may(role, "lambda", "InvokeFunction", to) || isOut) return;
    void poolOf(to).invoke(input === "" ? {} : (JSON.parse(input) as Json));
  }

  function eachMinute(target: Target): void {
    closers.push(
      clock.at(clock.now() + 60_000, NEXT_MINUTE, () => {
        eachMinute(target);
        fire(target);
      }),
    );
  }

  function connect(settings: MappingSettings): () => void {
    const close = settings.sourceArn.includes(":sqs:")
      ? connectQueue(settings)
      : connectStream(settings);
    closers.push(close);
    return close;
  }

  return {
    connect,
    fire,
    /** What the role of a function lacks to be fed from a queue. */
    lacks(settings: MappingSettings): string | undefined {
      const { id, name } = poolOf(settings.functionArn).settings;
      const lacking = QUEUE_READ.find(
        (action) => !authority.may(id, wish(`sqs:${action}`, settings.sourceArn)),
      );
      return lacking && `the execution role of ${name} may not call ${lacking} on SQS`;
    },
    /** Connects what the template connects. */
    begin(): void {
      const { template, resolve } = options;
      for (const mapping of ofType(template, "AWS::Lambda::EventSourceMapping")) {
        const params = resolve.properties(mapping);
        options.map(mappingSettings(params, functionArn));
      }
      for (const schedule of ofType(template, "AWS::Scheduler::Schedule")) {
        eachMinute(minutely(resolve.properties(schedule)));
      }
    },
    written(): void {
      for (const reader of readers) reader.written();
    },
    /** As when a Region is out: nothing is handed to any function until it is over. */
    outage(isBegun: boolean): void {
      isOut = isBegun;
      if (!isOut) for (const pump of pumps) pump();
    },
    isIdle: () =>
      [...readers].every((reader) => reader.isIdle()) && [...streams].every((one) => one.isIdle()),
    async close(): Promise<void> {
      for (const close of closers) close();
      await Promise.all([...readers].map((reader) => reader.stop()));
    },
  };
}

function functionArn(name: string): string {
  return name.startsWith("arn:") ? name : arn("lambda", `function:${name}`);
}

function minutely(properties: JsonObject): Target {
  if (properties["ScheduleExpression"] !== "rate(1 minute)") {
    throw new Error(`the suite does not know the schedule ${JSON.stringify(properties)}`);
  }
  const { Arn, RoleArn, Input = "" } = properties["Target"] as Readonly<Record<string, string>>;
  return { arn: Arn ?? "", role: RoleArn ?? "", input: Input };
}
