import { expect, test } from "vitest";
import { driveDeps } from "../../core/engine/create-engine.ts";
import { type Drive, drive } from "../../core/engine/drive.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { eventsOf } from "../docs/workflow-examples.ts";
import { type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

function driving({ deps }: House, key: RunKey): Drive {
  return drive(driveDeps(deps), key, { effectsMax: 64, until: Number.POSITIVE_INFINITY });
}

test("Of two drivers at one run the one that was overtaken leaves, and takes nothing back", async () => {
  const table = memoryTable();
  const { promise: answer, resolve } = Promise.withResolvers<string>();
  const { promise: overtaken, resolve: overtakes } = Promise.withResolvers<void>();
  const first = house({ table, call: () => new Promise<never>(() => undefined) });
  const second = house({
    table,
    call: () => {
      overtakes();
      return answer;
    },
  });
  await first.publish({ name: "pay", nodes: [{ id: "pay", type: "tool", tool: "echo" }] });
  const key = await first.start("pay");
  const slow = driving(first, key);
  while (first.calls.length === 0) await Promise.resolve();
  const quick = driving(second, key);
  await overtaken;
  slow.poke();
  await slow.done;
  resolve("paid");
  await quick.done;

  expect(await first.read(key)).toMatchObject({ status: "succeeded", output: "paid" });
  const started = (await eventsOf(first, key)).filter(({ type }) => type === "step.started");
  expect(started.map(({ data }) => data["recovery"])).toEqual([undefined, 1]);
});
