import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import type { Lease } from "../adapters/aws/sqs-lease.ts";
import { WakeMessage } from "../adapters/aws/wake-message.ts";
import type { Drive } from "../core/engine/drive.ts";
import type { Log } from "../core/ports/log.ts";
import type { RunKey } from "../core/ports/queue.ts";

export type LaneWorkerDeps = Readonly<{
  /** Hides one group's records from others while they are worked on. */
  hold(records: readonly SQSRecord[], onLost: (why: string) => void): Lease;
  /** Drives a run until nothing is owed, or the time is over. */
  drive(key: RunKey): Drive;
  /** Whether a driver has something to do for the run, by what is stored. */
  isOwed(key: RunKey): Promise<boolean>;
  wake(key: RunKey, counts: { hop: number }): Promise<void>;
  /** Whether to begin more. */
  hasTime(): boolean;
  /** How long until everything is left as it is. */
  leaveInMs: number;
  chance(): number;
  log: Log;
}>;

/**
 * Drives in a row that sent their run on because their time was over. Lambda's own detection of
 * loops is off, so this ends one: a run that is owed something after that waits for the sweep.
 */
export const HOPS_MAX = 50;

/**
 * Drives the runs that a batch of FIFO records wakes: different runs at once, each in its own
 * group. A group's records are one: all were sent before the drive began, so one drive answers all,
 * and when it fails all of them come again. Other groups are not held up.
 *
 * A record that was received before may be what killed its worker. It is driven alone and after the
 * others, in an order that is left to chance, so that it does not take the same ones along again.
 */
export async function workLane(
  deps: LaneWorkerDeps,
  records: readonly SQSRecord[],
): Promise<SQSBatchResponse> {
  const groups = groupsOf(records).map((group) => hold(deps, group));
  const undone: SQSRecord[] = [];
  const work = async (group: Group) => {
    if (!(await worked(deps, group, groups.length === 1))) undone.push(...group.records);
  };

  const leaving = setTimeout(() => {
    for (const group of groups) lose(group, "the function's time is over");
  }, deps.leaveInMs);
  const suspects = groups.filter(({ records: of }) => of.some(wasReceivedBefore));
  await Promise.all(groups.filter((group) => !suspects.includes(group)).map(work));
  for (const group of shuffled(suspects, deps.chance)) {
    if (deps.hasTime()) await work(group);
    else {
      group.lease.release();
      undone.push(...group.records);
    }
  }
  clearTimeout(leaving);
  return { batchItemFailures: undone.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

type Group = {
  readonly records: readonly SQSRecord[];
  readonly lease: Lease;
  lost: string | undefined;
  drive: Drive | undefined;
};

function hold(deps: LaneWorkerDeps, records: readonly SQSRecord[]): Group {
  const lease = deps.hold(records, (why) => lose(group, why));
  const group: Group = { records, lease, lost: undefined, drive: undefined };
  return group;
}

/** All its calls are aborted, and nothing is committed any more: another may have begun. */
function lose(group: Group, why: string): void {
  group.lost ??= why;
  group.drive?.lose();
}

/**
 * Whether the group's records are done with. They are removed at once, so that the next of their
 * group need not wait for the slowest of the batch; a batch of one group leaves that to Lambda.
 */
async function worked(deps: LaneWorkerDeps, group: Group, isAlone: boolean): Promise<boolean> {
  try {
    const messages = group.records.map(({ body }) => WakeMessage.parse(JSON.parse(body)));
    const [first] = messages;
    if (!first) return true;
    const key = { tenant: first.tenant, runId: first.run };
    await drive(deps, group, key);
    await sendOn(deps, key, Math.max(...messages.map(({ hop }) => hop)) + 1);
    if (isAlone) group.lease.release();
    else await group.lease.done();
    return true;
  } catch (error) {
    group.lease.release();
    const [record] = group.records;
    deps.log.error("a wake-up failed and comes again", {
      group: record?.attributes.MessageGroupId,
      received: record?.attributes.ApproximateReceiveCount,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return false;
  }
}

async function drive(deps: LaneWorkerDeps, group: Group, key: RunKey): Promise<void> {
  if (group.lost === undefined) {
    group.drive = deps.drive(key);
    await group.drive.done;
  }
  if (group.lost !== undefined) throw new Error(`its lease is over: ${group.lost}`);
}

/** Sent before the message that it follows is removed: dying in between, the run has two. */
async function sendOn(deps: LaneWorkerDeps, key: RunKey, hop: number): Promise<void> {
  if (deps.hasTime() || !(await deps.isOwed(key))) return;
  if (hop <= HOPS_MAX) return deps.wake(key, { hop });
  deps.log.error("a run was sent on too often and waits for the sweep", {
    tenant: key.tenant,
    run: key.runId,
    hop,
  });
}

function groupsOf(records: readonly SQSRecord[]): readonly (readonly SQSRecord[])[] {
  const groups = new Map<string, SQSRecord[]>();
  for (const record of records) {
    const name = record.attributes.MessageGroupId ?? record.messageId;
    const group = groups.get(name);
    if (group) group.push(record);
    else groups.set(name, [record]);
  }
  return [...groups.values()];
}

function wasReceivedBefore({ attributes }: SQSRecord): boolean {
  return Number(attributes.ApproximateReceiveCount) > 1;
}

function shuffled<T>(items: readonly T[], chance: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: chance() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
