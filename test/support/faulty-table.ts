import { Fault } from "../../core/ports/fault.ts";
import type { Operation, Table } from "../../core/ports/table.ts";

/**
 * What happens to a write: it goes well; it is lost on its way there (`before`), or its answer on
 * its way back (`after`); it meets a throttle; or the process dies, before or after, and nothing
 * that it does from then on happens.
 */
export type Misfortune = "none" | "before" | "after" | "throttle" | "die before" | "die after";

export type FaultyTable = Table & Readonly<{ writes(): number; isDead(): boolean }>;

/** The table as a process sees it that has bad luck: `plan` says what befalls its n-th write. */
export function faultyTable(
  inner: Table,
  plan: (write: number, operations: readonly Operation[]) => Misfortune,
): FaultyTable {
  let writes = 0;
  let dead = false;
  const alive = () => {
    if (dead) throw new Fault("the process is dead", { retryable: false });
  };
  return {
    writes: () => writes,
    isDead: () => dead,
    async get(key) {
      alive();
      return inner.get(key);
    },
    async query(range) {
      alive();
      return inner.query(range);
    },
    async write(operations) {
      alive();
      const misfortune = plan(++writes, operations);
      if (misfortune === "before" || misfortune === "throttle") {
        throw new Fault("the write was lost", { retryable: true });
      }
      if (misfortune === "die before") {
        dead = true;
        throw new Fault("the process died", { retryable: false });
      }
      const result = await inner.write(operations);
      if (misfortune === "after") throw new Fault("the answer was lost", { retryable: true });
      if (misfortune === "die after") {
        dead = true;
        throw new Fault("the process died", { retryable: false });
      }
      return result;
    },
  };
}

/** Whether a write is a commit of a run's log. */
export function isCommit(operations: readonly Operation[]): boolean {
  const [first] = operations;
  return first?.type === "put" && first.item.sk.startsWith("log#");
}
