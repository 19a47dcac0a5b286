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

    const all = Array.from({ length: 8 }, () => work("a"));
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
    const entered: string[] = [];
    const enter = async (tenant: string) => {
      await gate.enter(tenant);
      entered.push(tenant);
    };
    for (let n = 0; n < 5_016; n++) void enter("a");
    await turn();
    const single = enter("b");

    gate.leave();
    gate.leave();
    await single;

    expect(entered.indexOf("b")).toBeLessThanOrEqual(17);
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
