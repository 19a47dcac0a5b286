import { Fault } from "../../core/ports/fault.ts";
import type { Item, Operation, Range, Table } from "../../core/ports/table.ts";
import type { Chance } from "./simulation-random.ts";
import type { Time } from "./simulation-time.ts";

/** How often each thing goes wrong, each a probability for one request to the table. */
export type Rates = Readonly<{
  /** The request is throttled, or is lost on its way there. */
  before: number;
  /** It is done, and the answer is lost. */
  after: number;
  dieBefore: number;
  dieAfter: number;
  /** It takes a second instead of milliseconds. */
  slow: number;
  /** An index does not yet show what was written last. */
  stale: number;
}>;

export const CALM: Rates = { before: 0, after: 0, dieBefore: 0, dieAfter: 0, slow: 0, stale: 0 };

/** What befalls one write, as a test may choose it. */
export type Fate = "die before" | "die after" | "lose answer" | "throttle";

const STALE_MS = 800;

export type Durable = Table &
  Readonly<{
    /** When the row was written last. */
    writtenAt(item: Item): number;
  }>;

/** What is there after every crash. `seen` is told of each write that was done. */
export function durableTable(
  inner: Table,
  time: Time,
  seen: (operations: readonly Operation[]) => void,
): Durable {
  const written = new Map<string, number>();
  return {
    get: (key) => inner.get(key),
    query: (range) => inner.query(range),
    async write(operations) {
      const result = await inner.write(operations);
      if (!result.ok) return result;
      for (const operation of operations) {
        if (operation.type === "put") written.set(nameOf(operation.item), time.now());
      }
      seen(operations);
      return result;
    },
    writtenAt: (item) => written.get(nameOf(item)) ?? 0,
  };
}

function nameOf({ pk, sk }: { pk: string; sk: string }): string {
  return `${pk} ${sk}`;
}

/** The table as one process sees it: late, at times wrong, and gone when the process is. */
export function unreliableTable(
  inner: Durable,
  world: {
    time: Time;
    chance: Chance;
    rates(): Rates;
    /** What befalls the next write. */
    fate(): Fate | undefined;
    isAlive(): boolean;
    die(): void;
  },
): Table {
  const { time, chance } = world;
  // What a dead process waits for never comes: it is not there to be told.
  const never = new Promise<never>(() => undefined);

  async function way(): Promise<void> {
    if (!world.isAlive()) return never;
    const slow = chance.happens(world.rates().slow);
    await time.sleep(slow ? chance.whole(200, 3_000) : chance.whole(0, 12));
    if (!world.isAlive()) return never;
  }

  async function ask<Answer>(request: () => Promise<Answer>, fate?: Fate): Promise<Answer> {
    await way();
    const { before, after, dieBefore, dieAfter } = world.rates();
    if (fate === "throttle" || chance.happens(before)) {
      throw new Fault("throttled", { retryable: true });
    }
    if (fate === "die before" || chance.happens(dieBefore)) return die();
    const answer = await request();
    if (fate === "die after" || chance.happens(dieAfter)) return die();
    await way();
    if (fate === "lose answer" || chance.happens(after)) {
      throw new Fault("the answer was lost", { retryable: true });
    }
    return answer;
  }

  function die(): Promise<never> {
    world.die();
    return never;
  }

  async function query(range: Range) {
    const page = await inner.query(range);
    if (range.index === undefined || !chance.happens(world.rates().stale)) return page;
    const items = page.items.filter((item) => inner.writtenAt(item) < time.now() - STALE_MS);
    return { ...page, items };
  }

  return {
    get: (key) => ask(() => inner.get(key)),
    query: (range) => ask(() => query(range)),
    write: (operations) => ask(() => inner.write(operations), world.fate()),
  };
}
