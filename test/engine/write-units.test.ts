import { expect, test } from "vitest";
import { parseModels } from "../../adapters/models/models-config.ts";
import type { Access } from "../../core/engine/access.ts";
import { createEngine, driveDeps } from "../../core/engine/create-engine.ts";
import { drive } from "../../core/engine/drive.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import { localNotary } from "../../local/local-notary.ts";
import { localSigner } from "../../local/local-signer.ts";
import { engineParts } from "../../wiring/engine-parts.ts";
import { processWatch } from "../../wiring/process-watch.ts";
import { memoryArtifacts } from "../support/memory-artifacts.ts";
import { memoryTable } from "../support/memory-table.ts";
import { reckoned, type Written } from "../support/write-units.ts";

const caller: Caller = { tenant: "default", role: "admin", keyId: "key_1", actsFor: true };

/** What a run of so many steps writes, each a tool that answers 200 bytes. */
async function writesOf(steps: number): Promise<readonly Written[]> {
  const table = reckoned(memoryTable());
  const woken: RunKey[] = [];
  const deps = engineParts({
    table,
    artifacts: memoryArtifacts(),
    clock: { now: () => Date.now() },
    secrets: {} as Secrets,
    access: { tenant: async () => ({ ok: true, value: { limits: {} } }) } as unknown as Access,
    queue: { wake: (key) => void woken.push(key) },
    timers: { set: () => undefined },
    watch: () => processWatch(),
    signer: localSigner(new Uint8Array(32)),
    notary: localNotary(new Uint8Array(32)),
    isAuthority: true,
    allowLoopback: true,
    models: parseModels(undefined),
  });
  const engine = createEngine(deps);
  const nodes = Array.from({ length: steps }, (_, index) => {
    return { id: `step${index}`, type: "tool", tool: "pad", with: { bytes: 200 } };
  });
  const edges = nodes.slice(1).map(({ id }, index) => ({ from: `step${index}`, to: id }));
  await engine.workflows.publish(caller, { name: "chain", nodes, edges });
  table.written.length = 0;

  const started = await engine.runs.start(caller, { workflow: "chain", input: { order: "A-17" } });
  const [key] = woken;
  if (!started.ok || !key) throw new Error("the run did not start");
  const options = { effectsMax: 64, until: Number.POSITIVE_INFINITY };
  await drive(driveDeps(deps), key, options).done;
  const run = await engine.runs.get(caller, key.runId);
  expect(run.ok && run.value.status).toBe("succeeded");
  return table.written;
}

test("a ten-step run costs at most 2.4 write units a step, all that it writes counted", async () => {
  const written = await writesOf(10);

  const units = written.reduce((sum, write) => sum + write.units, 0);
  expect(units / 10).toBeLessThanOrEqual(2.4);
  expect(written).toHaveLength(12);
});

test("a step in the middle of a visit is one put of one row, and one write unit", async () => {
  const middle = (await writesOf(10)).slice(2, -1);

  expect(middle.map(({ operations }) => operations.length)).toEqual(middle.map(() => 1));
  expect(middle.map(({ units }) => units)).toEqual(middle.map(() => 1));
});

test("the cost of a step does not grow with the length of the run", async () => {
  const cost = async (steps: number) => {
    const written = await writesOf(steps);
    return written.reduce((sum, { units }) => sum + units, 0) / steps;
  };

  expect(await cost(300)).toBeLessThanOrEqual(await cost(10));
});
