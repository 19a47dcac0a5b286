import type { JsonObject } from "../kernel/json.ts";

export type BusEvent = Readonly<{
  /** The same whenever the same event is told again. */
  id: string;
  tenant: string;
  type: string;
  /** RFC 3339. */
  at: string;
  detail: JsonObject;
}>;

/** Where a deployment's other programs hear of events. At least once, and in no promised order. */
export interface Bus {
  /** Resolves when all of them were taken; a fault when one was not, and all come again. */
  publish(events: readonly BusEvent[]): Promise<void>;
}
