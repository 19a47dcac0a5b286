import type { Log } from "../core/ports/log.ts";
import type { Owed, Senders } from "../core/ports/senders.ts";

export interface LocalSenders extends Senders {
  /** Resolves when nothing is being sent and nothing is to be, or after `ms`. */
  idle(ms: number): Promise<void>;
  /** Begins nothing more; resolves when what is under way has ended, or after `ms`. */
  drain(ms: number): Promise<void>;
}

const SENDING_MAX = 64;
/** Of one subscriber: one that hangs must not take up every place there is. */
const SUBSCRIBER_SENDING_MAX = 8;
/** After this a line makes room for others of its subscriber. */
const TURN_MS = 20_000;

type Job = { readonly owed: Owed; again: boolean };

/** The senders of one process: one at each thing that is owed, and subscribers take turns. */
export function localSenders(deps: {
  carryOut: (owed: Owed, until: number) => Promise<void>;
  elapsed: () => number;
  log: Log;
}): LocalSenders {
  const jobs = new Map<string, Job>();
  const waiting = new Map<string, Job[]>();
  const sendingOf = new Map<string, number>();
  const idlers = new Set<() => void>();
  let sending = 0;
  let closed = false;

  function owed(what: Owed, inMs = 0): void {
    // What is for later has its row, and the ticker fires that.
    if (closed || inMs > 0) return;
    const name = nameOf(what);
    const known = jobs.get(name);
    if (known) {
      known.again = true;
      return;
    }
    const job: Job = { owed: what, again: false };
    jobs.set(name, job);
    const subscriber = subscriberOf(what);
    const line = waiting.get(subscriber);
    if (line) line.push(job);
    else waiting.set(subscriber, [job]);
    next();
  }

  function next(): void {
    for (const [subscriber, line] of waiting) {
      if (sending >= SENDING_MAX || closed) return;
      if ((sendingOf.get(subscriber) ?? 0) >= SUBSCRIBER_SENDING_MAX) continue;
      const job = line.shift();
      // To the end of the round, so that every subscriber has its turn.
      waiting.delete(subscriber);
      if (line.length > 0) waiting.set(subscriber, line);
      if (job) void run(job, subscriber);
    }
  }

  async function run(job: Job, subscriber: string): Promise<void> {
    count(subscriber, 1);
    try {
      await deps.carryOut(job.owed, deps.elapsed() + TURN_MS);
    } catch (error) {
      // The row is still due, and fires again.
      const said = error instanceof Error ? (error.stack ?? error.message) : "not an error";
      deps.log.error("sending failed", { ...job.owed, error: said });
    } finally {
      jobs.delete(nameOf(job.owed));
      count(subscriber, -1);
    }
    // It was hinted at meanwhile, so it may have come after the last look.
    if (job.again) owed(job.owed);
    next();
    if (sending === 0) for (const finish of idlers) finish();
  }

  function count(subscriber: string, by: number): void {
    sending += by;
    const now = (sendingOf.get(subscriber) ?? 0) + by;
    if (now === 0) sendingOf.delete(subscriber);
    else sendingOf.set(subscriber, now);
  }

  function idle(ms: number): Promise<void> {
    if (sending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      function finish(): void {
        clearTimeout(timer);
        idlers.delete(finish);
        resolve();
      }
      idlers.add(finish);
    });
  }

  return {
    owed,
    idle,
    drain(ms) {
      closed = true;
      waiting.clear();
      return idle(ms);
    },
  };
}

function nameOf(owed: Owed): string {
  switch (owed.type) {
    case "line":
      return `line ${owed.tenant}/${owed.subscriber}/${owed.runId}`;
    case "delivery":
      return `delivery ${owed.tenant}/${owed.id}`;
    case "recovery":
      return `recovery ${owed.tenant}/${owed.webhook}`;
  }
}

function subscriberOf(owed: Owed): string {
  if (owed.type === "line") return `${owed.tenant}/${owed.subscriber}`;
  return `${owed.tenant}/${owed.type}`;
}
