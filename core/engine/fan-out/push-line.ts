import type { Line } from "../../ports/senders.ts";
import type { Subscription } from "../../store/connections.ts";
import { rows } from "../../store/rows.ts";
import { wantsType } from "../../store/wants-type.ts";
import { advance, CLAIM_MS, claim, type Held, toldUpTo } from "./line.ts";
import { forget, type LiveDeps, lineDeps } from "./live-deps.ts";

/** RFC 6455's "try again later". */
const TRY_AGAIN_LATER = 1013;

/**
 * Sends a connection what it has not heard of one run, in order, until it has heard all.
 *
 * What has been and what comes is one path: the log from the line's cursor. While one sender has
 * the line, others only say that there is more.
 */
export async function pushLine(deps: LiveDeps, line: Line, until: number): Promise<void> {
  const ofLines = lineDeps(deps);
  let held = await claim(ofLines, line);
  if (!held) return;
  const subscription = await deps.connections.ofSubscriber(line.tenant, line.subscriber);
  if (!subscription) return deps.lines.remove(line);

  while (held) {
    const { owed, seq: from } = held.state;
    const head = await deps.table.get(rows.head(line.tenant, line.runId));
    const page = await deps.pages(line, from, owed);
    const seq = page.events.at(-1)?.event.seq ?? Math.max(from, owed);
    for (const { event, json } of page.events) {
      if (!wantsType(subscription.types, event.type)) continue;
      const frame = eventFrame(subscription, json);
      if (!(await sent(deps, subscription, frame))) return;
    }
    if (page.more) {
      const due = ofLines.clock.now() + CLAIM_MS;
      held = await advance(ofLines, held, (state) => ({ ...state, seq, due }));
      if (held && deps.elapsed() >= until) return leave(deps, held);
      continue;
    }
    held = await advance(ofLines, held, (state) => toldUpTo(ofLines, state, seq));
    if (held?.state.state !== "idle") continue;
    if (head?.["endedAt"] === undefined) return;
    const { id, connection } = subscription;
    const status = String(head["status"]);
    const end = { type: "end", subscription: id, runId: line.runId, status, seq };
    await deps.sockets.send(connection, JSON.stringify(end));
    return;
  }
}

/** The event is text already, the same for everybody. */
function eventFrame({ id }: Subscription, json: string): string {
  return `{"type":"event","subscription":${JSON.stringify(id)},"event":${json}}`;
}

/** False when nobody listens any more, or the connection was closed as it does not keep up. */
async function sent(deps: LiveDeps, subscription: Subscription, frame: string): Promise<boolean> {
  const { connection } = subscription;
  if (!deps.connections.has(subscription)) return false;
  const answer = await deps.sockets.send(connection, frame);
  if (answer === "sent") return true;
  if (answer === "slow") {
    const message = "frames are read too slowly; connect again and go on after the last seq";
    const told = { type: "error", code: "TOO_SLOW", message };
    await deps.sockets.send(connection, JSON.stringify(told));
    await deps.sockets.close(connection, TRY_AGAIN_LATER, "too slow");
  }
  await forget(deps, connection);
  return false;
}

async function leave(deps: LiveDeps, held: Held): Promise<void> {
  await advance(lineDeps(deps), held, (state) => ({ ...state, state: "owed", due: 0 }));
  await deps.owed(held.line);
}
