import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Bus, BusEvent } from "../../core/ports/bus.ts";
import { Fault } from "../../core/ports/fault.ts";
import { answered } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

/** What rules of a customer's bus match on. */
const SOURCE = "holdfast";
const ENTRIES_MAX = 10;

export function eventBridgeClient(placement: Placement = {}): EventBridgeClient {
  return new EventBridgeClient({ ...CLIENT_SETTINGS, ...placement });
}

/** Events of runs on a bus of the customer's account. */
export function eventBridgeBus({ client, bus }: { client: EventBridgeClient; bus: string }): Bus {
  return {
    async publish(events) {
      for (let from = 0; from < events.length; from += ENTRIES_MAX) {
        const part = events.slice(from, from + ENTRIES_MAX);
        const put = new PutEventsCommand({ Entries: part.map((event) => entryOf(bus, event)) });
        const { FailedEntryCount = 0, Entries = [] } = await answered("publish events", () =>
          client.send(put),
        );
        if (FailedEntryCount === 0) continue;
        const code = Entries.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode;
        throw new Fault(`EventBridge did not take ${FailedEntryCount} events (${code}).`, {
          retryable: true,
        });
      }
    },
  };
}

function entryOf(bus: string, { id, tenant, type, at, detail }: BusEvent) {
  return {
    EventBusName: bus,
    Source: SOURCE,
    DetailType: type,
    Time: new Date(at),
    Detail: JSON.stringify({ id, tenant, ...detail }),
  };
}
