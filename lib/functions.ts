import type { Construct } from "constructs";
import type { EnvOf, FunctionName } from "../lambdas/env.ts";
import { environments } from "./environments.ts";
import type { Parts } from "./parts.ts";
import type { HoldfastProps } from "./props.ts";
import { RuntimeFunction } from "./runtime-function.ts";

export type Functions = Readonly<{ [Name in FunctionName]: RuntimeFunction<Name> }>;

/**
 * All functions, what they are told and what they may do. A function that is not told of a thing
 * has no right to it, and one that is told has the least that it needs: the table of rights is in
 * docs/security.md.
 */
export function functionsOf(scope: Construct, parts: Parts, props: HoldfastProps): Functions {
  const { surroundings } = parts;
  const told = environments(parts, props);
  const make = <Name extends FunctionName>(entry: Name, id: string, environment: EnvOf<Name>) =>
    new RuntimeFunction(scope, id, { entry, surroundings, environment });

  const step = make("step", "Step", told.step);
  const connected = { ...told.lanes, LANE_FUNCTION: step.functionArn };
  return {
    api: make("api", "Api", { ...told.api, ...connected }),
    step,
    stream: make("stream", "Stream", told.stream),
    timer: make("timer", "Timer", told.timer),
    webhook: make("webhook", "Webhook", told.webhook),
    socket: make("socket", "Socket", told.socket),
    sse: make("sse", "Sse", told.sse),
    sweep: make("sweep", "Sweep", { ...told.sweep, ...connected }),
    "dead-letter": make("dead-letter", "DeadLetter", told.deadLetter),
    "platform-key": make("platform-key", "PlatformKey", told.platformKey),
  };
}
