import type { Clock } from "../../ports/clock.ts";
import type { Randomness } from "../../ports/randomness.ts";
import type { Line } from "../../ports/senders.ts";
import type { Operation } from "../../ports/table.ts";
import { type LineState, type Lines, NEW_LINE } from "../../store/lines.ts";

export type LineDeps = Readonly<{
  lines: Lines;
  clock: Clock;
  randomness: Randomness;
  alone: boolean;
}>;

/** How long a sender has a line for itself: longer than one attempt can take. */
export const CLAIM_MS = 30_000;
/** When the sweep looks at a line whose hint was lost. */
const HINT_LOST_MS = 60_000;

/** A line that this sender has claimed, as it last wrote it. */
export type Held = Readonly<{ line: Line; state: LineState }>;

/**
 * Says that a line has something to send up to event `seq`; true when a sender is to be told.
 *
 * Whoever sends already finds its next write refused, looks, and goes on: so nothing is missed
 * between its last look at the log and its leaving.
 */
export async function owe(deps: LineDeps, line: Line, seq: number): Promise<boolean> {
  for (;;) {
    const was = await deps.lines.get(line);
    if (was && seq <= Math.max(was.seq, was.owed)) return false;
    const before = was ?? NEW_LINE;
    const rested = before.state === "idle";
    const due = deps.clock.now() + HINT_LOST_MS;
    const next: LineState = {
      ...before,
      owed: seq,
      ...(rested && { state: "owed", due }),
    };
    if (await deps.lines.put(line, next, was)) return rested;
  }
}

/** Takes a line that has something to send, unless it is not its time or somebody else's. */
export async function claim(deps: LineDeps, line: Line): Promise<Held | undefined> {
  for (;;) {
    const was = await deps.lines.get(line);
    if (!was || was.state === "idle") return undefined;
    const now = deps.clock.now();
    const isFree = was.state === "owed" || was.due <= now;
    if (!isFree && !(deps.alone && was.state === "claimed")) return undefined;
    const next: LineState = {
      ...was,
      state: "claimed",
      due: now + CLAIM_MS,
      claim: deps.randomness.hex(),
    };
    if (await deps.lines.put(line, next, was))
      return { line, state: { ...next, rev: was.rev + 1 } };
  }
}

/**
 * Writes what became of a claimed line; undefined when another sender has taken it meanwhile, which
 * then tells the same again under the same ids. `also` goes in the same write.
 */
export async function advance(
  deps: LineDeps,
  held: Held,
  change: (state: LineState) => LineState,
  also: readonly Operation[] = [],
): Promise<Held | undefined> {
  const { line } = held;
  for (let was = held.state; ; ) {
    const next = change(was);
    if (await deps.lines.put(line, next, was, also)) {
      return { line, state: { ...next, rev: was.rev + 1 } };
    }
    const now = await deps.lines.get(line);
    if (!now || now.claim !== held.state.claim || now.state !== "claimed") return undefined;
    was = now;
  }
}

/** After everything up to `seq` was told: at rest, unless more became owed meanwhile. */
export function toldUpTo(deps: LineDeps, state: LineState, seq: number): LineState {
  const told = { ...state, seq: Math.max(seq, state.seq), failures: 0 };
  return told.owed > told.seq
    ? { ...told, state: "claimed", due: deps.clock.now() + CLAIM_MS }
    : { ...told, state: "idle", due: 0 };
}
