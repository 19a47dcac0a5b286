import type { Event } from "../kernel/event.ts";
import type { ForkState } from "../kernel/fork.ts";
import { bytesOf } from "../kernel/sizes.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import type { RunKey } from "../ports/queue.ts";

/** A commit's row has room for this beside all that its first steps come to. */
const INLINE_BYTES_MAX = 64 * 1024;

/**
 * The events as they are written: what a fork begins with may be larger than a row, and is then
 * kept beside the log. The artifact is there before the event that names it; without the event it
 * is one that nobody knows of.
 */
export async function withStateBeside(
  artifacts: Artifacts,
  { tenant, runId }: RunKey,
  events: readonly Event[],
): Promise<readonly Event[]> {
  const at = events.findIndex((event) => event.type === "run.forked");
  const event = events[at];
  if (event?.type !== "run.forked" || event.state === undefined) return events;
  const text = JSON.stringify(event.state);
  if (bytesOf(text) <= INLINE_BYTES_MAX) return events;
  const { state: _state, ...rest } = event;
  const stateIn = await artifacts.put(tenant, runId, text);
  return events.with(at, { ...rest, stateIn });
}

/** The events as they are folded. */
export async function withStateOf(
  artifacts: Artifacts,
  { tenant, runId }: RunKey,
  events: readonly Event[],
): Promise<readonly Event[]> {
  const at = events.findIndex((event) => event.type === "run.forked");
  const event = events[at];
  if (event?.type !== "run.forked" || event.stateIn === undefined) return events;
  const text = await artifacts.get(tenant, runId, event.stateIn);
  if (text === undefined) throw new Error(`run ${runId} has lost what it was forked with`);
  return events.with(at, { ...event, state: JSON.parse(text) as ForkState });
}
