import type { Instant } from "../../kernel/json.ts";
import type { Log } from "../../ports/log.ts";
import type { Outbound } from "../../ports/outbound.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Secrets } from "../../ports/secrets.ts";
import type { Senders } from "../../ports/senders.ts";
import type { DeliveryStore } from "../../store/deliveries.ts";
import type { EndpointStore } from "../../store/endpoints.ts";
import type { Lines } from "../../store/lines.ts";
import type { EngineDeps } from "../deps.ts";
import type { RunFacts } from "./wanted.ts";

/** What telling the world needs, beside what the engine has. */
export type FanOutDeps = Pick<
  EngineDeps,
  "table" | "log" | "clock" | "watch" | "randomness" | "hash" | "elapsed"
> &
  Readonly<{
    endpoints: EndpointStore;
    deliveries: DeliveryStore;
    lines: Lines;
    secrets: Secrets;
    request: Outbound;
    senders: Senders;
    report: Log;
    /** Why an address must not be called, as far as it can be told by itself. */
    targetProblem(url: string): string | undefined;
    factsOf(key: RunKey): Promise<RunFacts | undefined>;
    /** The world's time: signatures are judged by clocks that nobody moves forward. */
    realNow(): Instant;
    /** One process sends everything (a laptop): a claim it does not know of is a dead one's. */
    alone: boolean;
  }>;
