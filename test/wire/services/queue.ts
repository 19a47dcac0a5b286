import { createHash, randomUUID } from "node:crypto";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { AwsError } from "../aws/call.ts";
import type { WorldClock } from "../world-clock.ts";

export type QueueSettings = Readonly<{
  fifo: boolean;
  delayMs: number;
  visibilityMs: number;
  retentionMs: number;
  /** Of messages that look alike within five minutes, over the queue or over one group. */
  contentBasedDedup: boolean;
  dedupPerGroup: boolean;
  deadLetters?: Readonly<{ queue: string; receivesMax: number }>;
}>;

export type Sent = Readonly<{
  body: string;
  group?: string;
  dedupId?: string;
  delayMs?: number;
  attributes?: JsonObject;
}>;

export type Message = {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly dedupId: string | undefined;
  readonly attributes: JsonObject | undefined;
  readonly sequence: number;
  readonly sentAt: number;
  visibleAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
  receipt: string | undefined;
};

const DEDUP_MS = 5 * 60_000;
const HIDDEN_MS_MAX = 12 * 3_600_000;
const IN_FLIGHT_MAX = 120_000;

export type Queue = ReturnType<typeof queue>;

/**
 * One SQS queue, as nasty as the real one is allowed to be: a receive takes several messages of one
 * group, an expired receipt deletes nothing, and a standard queue may give any message first.
 */
export function queue(
  clock: WorldClock,
  name: string,
  // A part that SetQueueAttributes may replace.
  settings: () => QueueSettings,
  outside: { deadLetter: (queue: string, message: Message) => void; anyOf: (n: number) => number },
) {
  const messages: Message[] = [];
  const seen = new Map<string, { id: string; until: number }>();
  const watchers = new Set<() => void>();
  let sequence = 0;

  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const isInFlight = (message: Message) =>
    message.receipt !== undefined && message.visibleAt > clock.now();

  function wakeAt(at: number, what: string): void {
    if (at > clock.now()) clock.at(at, `${name}: ${what}`, changed);
    else changed();
  }

  function send(sent: Sent): Message {
    const { fifo, delayMs, contentBasedDedup, dedupPerGroup } = settings();
    const now = clock.now();
    const dedupId = sent.dedupId ?? (fifo && contentBasedDedup ? sha256(sent.body) : undefined);
    if (fifo && (dedupId === undefined || sent.group === undefined)) {
      throw invalid("a FIFO queue needs a group and a deduplication id or content-based dedup");
    }
    const sight = dedupPerGroup ? `${sent.group}/${dedupId}` : dedupId;
    const before = fifo && sight !== undefined ? seen.get(sight) : undefined;
    const message: Message = {
      id: before && before.until > now ? before.id : randomUUID(),
      body: sent.body,
      group: sent.group,
      dedupId,
      attributes: sent.attributes,
      sequence: ++sequence,
      sentAt: now,
      visibleAt: now + (sent.delayMs ?? delayMs),
      receives: 0,
      firstReceivedAt: undefined,
      receipt: undefined,
    };
    if (before && before.until > now) return message;
    if (fifo && sight !== undefined) seen.set(sight, { id: message.id, until: now + DEDUP_MS });
    messages.push(message);
    wakeAt(message.visibleAt, "a delayed message");
    return message;
  }

  function retire(): void {
    const { retentionMs } = settings();
    const oldest = clock.now() - retentionMs;
    for (const message of messages.filter(({ sentAt }) => sentAt < oldest)) drop(message);
  }

  function drop(message: Message): void {
    const index = messages.indexOf(message);
    if (index >= 0) messages.splice(index, 1);
  }

  /** In order, and no message of a group whose earlier one is hidden. */
  function receivable(max: number): readonly Message[] {
    const { fifo } = settings();
    const now = clock.now();
    const blocked = new Set<string | undefined>();
    const found: Message[] = [];
    for (const message of messages) {
      if (found.length >= max && fifo) break;
      const isHidden = message.visibleAt > now;
      if (fifo && (isHidden || blocked.has(message.group))) blocked.add(message.group);
      else if (!isHidden) found.push(message);
    }
    if (fifo || found.length < 2) return found.slice(0, max);
    const first = outside.anyOf(found.length);
    return [...found.slice(first), ...found.slice(0, first)].slice(0, max);
  }

  function receive(max: number, visibilityMs: number | undefined): readonly Message[] {
    retire();
    const { deadLetters, visibilityMs: usual } = settings();
    const now = clock.now();
    if (messages.filter(isInFlight).length >= IN_FLIGHT_MAX) {
      throw new AwsError(400, "OverLimit", `${name} has ${IN_FLIGHT_MAX} messages in flight`);
    }
    const taken: Message[] = [];
    for (const message of receivable(max)) {
      if (deadLetters && message.receives >= deadLetters.receivesMax) {
        drop(message);
        outside.deadLetter(deadLetters.queue, message);
        continue;
      }
      message.receives++;
      message.firstReceivedAt ??= now;
      message.receipt = randomUUID();
      message.visibleAt = now + (visibilityMs ?? usual);
      wakeAt(message.visibleAt, "a visibility timeout");
      taken.push(message);
    }
    // The messages behind dead letters are free at once.
    if (taken.length === 0 && receivable(1).length > 0) return receive(max, visibilityMs);
    return taken;
  }

  function holding(receipt: string): Message | undefined {
    const message = messages.find((one) => one.receipt === receipt);
    if (message && isInFlight(message)) return message;
    if (!/^[0-9a-f-]{36}$/.test(receipt)) {
      throw new AwsError(400, "ReceiptHandleIsInvalid", "the receipt handle is not valid");
    }
    return undefined;
  }

  return {
    name,
    settings,
    send,
    receive,
    delete(receipt: string): void {
      const held = holding(receipt);
      if (!held && settings().fifo) throw invalid("the receipt handle has expired");
      // A standard queue says yes to a stale receipt, and does nothing unless it is the last one.
      const message = held ?? messages.find((one) => one.receipt === receipt);
      if (!message) return;
      drop(message);
      changed();
    },
    changeVisibility(receipt: string, visibilityMs: number): void {
      const message = holding(receipt);
      const now = clock.now();
      if (!message) {
        if (settings().fifo) throw invalid("the receipt handle has expired");
        throw new AwsError(400, "MessageNotInflight", "the message is not in flight");
      }
      if (now + visibilityMs > (message.firstReceivedAt ?? now) + HIDDEN_MS_MAX) {
        throw invalid("a message may be hidden for 12 hours in all");
      }
      message.visibleAt = now + visibilityMs;
      wakeAt(message.visibleAt, "a visibility timeout");
    },
    /** Puts back what a dead-letter queue was given. */
    adopt(message: Message): void {
      messages.push({
        ...message,
        sequence: ++sequence,
        visibleAt: clock.now(),
        receives: 0,
        firstReceivedAt: undefined,
        receipt: undefined,
      });
      changed();
    },
    watch(watcher: () => void): () => void {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    /** Whether a receive would get something now. */
    hasWork: () => receivable(1).length > 0,
    counts() {
      const inFlight = messages.filter(isInFlight).length;
      const now = clock.now();
      const delayed = messages.filter((one) => one.receipt === undefined && one.visibleAt > now);
      return {
        waiting: messages.length - inFlight - delayed.length,
        inFlight,
        delayed: delayed.length,
      };
    },
    bodies: () => messages.map(({ body }) => body),
  };
}

export function invalid(message: string): AwsError {
  return new AwsError(400, "InvalidParameterValue", message);
}

function sha256(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
