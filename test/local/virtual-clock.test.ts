import { describe, expect, test } from "vitest";
import type { Operation } from "../../core/ports/table.ts";
import { openVirtualClock } from "../../local/virtual-clock.ts";
import { memoryTable } from "../support/memory-table.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

describe("the virtual clock", () => {
  test("shows the real time until it is moved", async () => {
    let real = START;
    const clock = await openVirtualClock(memoryTable(), () => real);
    expect([clock.now(), clock.offsetMs()]).toEqual([START, 0]);
    real += 5;
    expect(clock.now()).toBe(START + 5);
  });

  test("keeps how far it was moved over a restart", async () => {
    const table = memoryTable();
    const clock = await openVirtualClock(table, () => START);
    await clock.advance(HOUR);
    await clock.advance(HOUR);
    expect(clock.now()).toBe(START + 2 * HOUR);

    const restarted = await openVirtualClock(table, () => START + 10);
    expect([restarted.now(), restarted.offsetMs()]).toEqual([START + 10 + 2 * HOUR, 2 * HOUR]);
  });

  test("loses none of several moves at once", async () => {
    const clock = await openVirtualClock(memoryTable(), () => START);
    await Promise.all(Array.from({ length: 20 }, () => clock.advance(HOUR)));
    expect(clock.offsetMs()).toBe(20 * HOUR);
  });

  test("never goes back, even when the machine's clock does", async () => {
    let real = START;
    const clock = await openVirtualClock(memoryTable(), () => real);
    clock.now();
    real -= HOUR;
    expect(clock.now()).toBe(START);
    real = START + 1;
    expect(clock.now()).toBe(START + 1);
  });

  test("does not move when the move could not be kept, and can be moved again", async () => {
    const table = memoryTable();
    let broken = true;
    const write = async (operations: readonly Operation[]) => {
      if (broken) throw new Error("the disk is full");
      return table.write(operations);
    };
    const clock = await openVirtualClock({ ...table, write }, () => START);

    await expect(clock.advance(HOUR)).rejects.toThrow("the disk is full");
    expect(clock.now()).toBe(START);
    broken = false;
    await clock.advance(HOUR);
    expect(clock.now()).toBe(START + HOUR);
  });

  test.each([-1, 0.5, Number.NaN, Infinity, 1e15])("cannot be moved by %s ms", async (ms) => {
    const clock = await openVirtualClock(memoryTable(), () => START);
    await expect(clock.advance(ms)).rejects.toThrow(/clock/);
    expect(clock.offsetMs()).toBe(0);
  });
});
