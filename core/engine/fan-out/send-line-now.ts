import type { Delivery } from "../../store/deliveries.ts";
import type { FanOutDeps } from "./deps.ts";

/** Lets the line of a delivery go on at once, if it waits for its next attempt. */
export async function sendLineNow(deps: FanOutDeps, delivery: Delivery): Promise<void> {
  const { tenant, endpoint: subscriber, runId } = delivery;
  if (runId === null) return;
  const line = { tenant, subscriber, runId };
  for (;;) {
    const was = await deps.lines.get(line);
    if (was?.state !== "waiting") return;
    const next = { ...was, state: "owed", due: deps.clock.now() } as const;
    if (await deps.lines.put(line, next, was)) break;
  }
  await deps.senders.owed({ type: "line", ...line });
}
