import type { SentEvent } from "../../store/tenant-events.ts";
import type { Given } from "../handle.ts";

const SENDER = { kind: "system", id: "event" } as const;

/** An event of the tenant as a signal to one run: taken once by each, and kept by none. */
export function signalOf({ id, name, key, payload }: SentEvent): Pick<Given, "command" | "actor"> {
  return {
    actor: SENDER,
    command: {
      type: "run.signal",
      name,
      payload,
      id: `event:${id}`,
      unlessWaiting: "ignore",
      ...(key !== undefined && { key }),
    },
  };
}
