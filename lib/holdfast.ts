import { CfnOutput, CustomResource, Duration } from "aws-cdk-lib";
import type { EventBus } from "aws-cdk-lib/aws-events";
import {
  Alias,
  type IFunction,
  type IVersion,
  type Function as LambdaFunction,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { Alarms } from "./alarms.ts";
import { checkProps } from "./check-props.ts";
import { Dashboard } from "./dashboard.ts";
import { FanOut } from "./fan-out.ts";
import { type Functions, functionsOf } from "./functions.ts";
import { FUNCTIONS } from "./numbers.ts";
import { type Parts, partsOf } from "./parts.ts";
import type { HoldfastProps } from "./props.ts";
import { grantRights } from "./rights.ts";
import { SseDoor } from "./sse-door.ts";
import { Sweep } from "./sweep.ts";
import { graphsOf, metricsOf } from "./watched.ts";

/**
 * The whole product, for a stack of your own:
 *
 *     new Holdfast(this, "Holdfast", { domain: { name, certificateArn } });
 */
export class Holdfast extends Construct {
  /** Where the API is, without a slash at its end. */
  readonly apiUrl: string;
  readonly socketUrl: string;
  readonly sseUrl: string;
  /** Holds the platform key, which makes tenants. */
  readonly platformKeySecretArn: string;
  /** What was committed, for rules of your own. */
  readonly events: EventBus;

  constructor(scope: Construct, id: string, props: HoldfastProps = {}) {
    super(scope, id);
    checkProps(props);
    const parts = partsOf(this, props);
    const functions = functionsOf(this, parts, props);
    grantRights(functions, parts, props);
    const sse = this.#open(parts, functions, props.warmApi ?? 0);
    this.#watch(parts, functions, props);

    this.apiUrl = parts.http.url;
    this.socketUrl = parts.sockets.url;
    this.sseUrl = sse.url;
    this.platformKeySecretArn = parts.secrets.platformKeyArn;
    this.events = parts.bus.bus;
    this.#tell();
  }

  /** Connects what was made: doors to functions, queues to workers. */
  #open(parts: Parts, functions: Functions, warmApi: number): SseDoor {
    const { api, step, timer, webhook, socket, sse } = functions;
    const { lanes, timers, webhooks, http, sockets } = parts;
    http.serve(warmApi > 0 ? warm(api, warmApi) : api);
    sockets.serve(socket);
    lanes.feed(step);
    lanes.letters.feed(functions["dead-letter"]);
    timers.queue.feed(timer);
    webhooks.feed(webhook);
    const key = functions["platform-key"];
    const made = new CustomResource(this, "PlatformKeyMade", {
      resourceType: "Custom::HoldfastPlatformKey",
      serviceToken: key.functionArn,
      serviceTimeout: Duration.seconds(FUNCTIONS["platform-key"].timeoutSeconds * 2),
    });
    // Its rights must be there before it is asked, and after it was asked to go.
    made.node.addDependency(key);
    return new SseDoor(this, "Streams", { sse: sse });
  }

  #watch(parts: Parts, functions: Functions, { alarmTopic }: HoldfastProps): void {
    const key = parts.keys.data;
    const fanOut = new FanOut(this, "FanOut", {
      key,
      table: parts.table,
      teller: functions.stream,
    });
    const sweep = new Sweep(this, "Minute", { key, sweeper: functions.sweep });
    const watched = { parts, functions, fanOut, sweep };
    const { all } = new Alarms(this, "Alarms", {
      metrics: metricsOf(watched),
      ...(alarmTopic ? { topic: alarmTopic } : {}),
    });
    new Dashboard(this, "Dashboard", { alarms: all, graphs: graphsOf(watched) });
  }

  #tell(): void {
    const tell = (id: string, description: string, value: string) =>
      new CfnOutput(this, id, { description, value });
    tell("ApiUrl", "Where the API is", this.apiUrl);
    tell("SocketUrl", "Where the WebSocket API is", this.socketUrl);
    tell("SseUrl", "Where server-sent events are", this.sseUrl);
    tell("PlatformKeySecret", "Holds the platform key", this.platformKeySecretArn);
    tell("EventBus", "Where events are published", this.events.eventBusName);
  }
}

/** Instances that wait for requests belong to a version, and an alias names it. */
function warm(api: LambdaFunction, instances: number): IFunction {
  return new Alias(api, "Warm", {
    aliasName: "warm",
    version: api.currentVersion as IVersion,
    provisionedConcurrentExecutions: instances,
  }) as IFunction;
}
