import { describe, expect, test } from "vitest";
import { fairGate } from "../../core/engine/fair-gate.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("turns of one process (F5)", () => {
  test("are taken by one of each tenant after the other", async () => {
    const gate = fairGate(1);
    const order: string[] = [];
    const work = async (tenant: string) => {
      await gate.enter(tenant);
      order.push(tenant);
      await turn();
      gate.leave();
    };

    const all = [..."aaaaaaaa"].map(work);
    await turn();
    all.push(...["b", "c", "b"].map(work));
    await Promise.all(all);

    expect(order.join("")).toMatch(/^a{1,2}[abc]*$/);
    expect(order.indexOf("b")).toBeLessThanOrEqual(4);
    expect(order.indexOf("c")).toBeLessThanOrEqual(5);
    expect(order.toSorted().join("")).toBe("aaaaaaaabbc");
  });

  test("of a tenant with 5,000 waiting let another's single one through after one release", async () => {
    const gate = fairGate(16);
    let before = 0;
    let isIn = false;
    for (let n = 0; n < 16; n++) await gate.enter("a");
    for (let n = 0; n < 5_000; n++) void gate.enter("a")?.then(() => (isIn ? 0 : before++));
    const single = gate.enter("b")?.then(() => {
      isIn = true;
    });

    while (!isIn) {
      gate.leave();
      await turn();
    }
    await single;

    expect(before).toBeLessThanOrEqual(1);
  });

  test("are given back by whoever fails, and none is lost", async () => {
    const gate = fairGate(2);
    const work = async (n: number) => {
      await gate.enter(`t${n % 3}`);
      try {
        await turn();
        if (n % 4 === 0) throw new Error("x");
      } finally {
        gate.leave();
      }
    };
    await Promise.allSettled(Array.from({ length: 50 }, (_, n) => work(n)));

    expect(gate.enter("a")).toBeUndefined();
    expect(gate.enter("a")).toBeUndefined();
    expect(gate.enter("a")).toBeInstanceOf(Promise);
  });
});
