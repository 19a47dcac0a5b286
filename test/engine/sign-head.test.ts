import { describe, expect, test } from "vitest";
import { signHead } from "../../core/engine/ledger/sign-head.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { Notary } from "../../core/ports/notary.ts";
import type { Operation } from "../../core/ports/table.ts";
import type { Committed } from "../../core/store/commit.ts";
import { rows } from "../../core/store/rows.ts";
import { localNotary } from "../../local/local-notary.ts";
import { memoryTable } from "../support/memory-table.ts";
import { reckoned } from "../support/write-units.ts";

const commitOf = (lastSeq: number, type: string): Committed => ({
  tenant: "default",
  runId: "run_1",
  seq: lastSeq,
  lastSeq,
  types: ["step.completed", type],
  hash: `hash-${lastSeq}`,
});
const FAILED = commitOf(4, "run.failed");
const SUCCEEDED = commitOf(9, "run.succeeded");

function desk(sign?: (text: string) => ReturnType<Notary["sign"]>) {
  const table = reckoned(memoryTable());
  const asked: string[] = [];
  const real = localNotary(new Uint8Array(32));
  const notary: Notary = {
    ...real,
    sign: (text) => {
      asked.push(text);
      return sign ? sign(text) : real.sign(text);
    },
  };
  const deps = { table, notary, clock: { now: () => 1_000 } };
  const kept = () => table.get(rows.signature("default", "run_1"));
  return { deps, table, asked, kept };
}

describe("the signature of a head", () => {
  test("is made at an end of a run and at no other commit", async () => {
    const { deps, asked, kept } = desk();

    for (const type of ["run.created", "step.failed", "run.resumed", "task.opened"]) {
      expect(signHead(deps, commitOf(2, type)), type).toBeUndefined();
    }
    for (const [at, type] of ["run.failed", "run.succeeded", "run.cancelled"].entries()) {
      await signHead(deps, commitOf(at + 3, type));
      expect((await kept())?.["count"], type).toBe(at + 3);
    }
    expect(asked[0]).toBe(
      'holdfast run head\n{"at":1000,"count":3,"head":"hash-3","run":"run_1","tenant":"default","v":1}',
    );
  });

  test("is one small row, one write unit, and one signature, however often it is told of", async () => {
    const { deps, table, asked } = desk();

    for (let times = 0; times < 3; times++) await signHead(deps, SUCCEEDED);

    expect(asked).toHaveLength(1);
    expect(table.written.map(({ units }) => units)).toEqual([1]);
  });

  test("stays that of the newest end when news of an older one comes late", async () => {
    const { deps, asked, kept } = desk();
    await signHead(deps, SUCCEEDED);
    await signHead(deps, FAILED);

    expect(asked).toHaveLength(1);
    expect(await kept()).toMatchObject({ count: 9, head: "hash-9" });
  });

  test.each([
    [FAILED, SUCCEEDED],
    [SUCCEEDED, FAILED],
    [SUCCEEDED, SUCCEEDED],
  ])("is that of the newest end when two are signed at once", async (first, second) => {
    const { deps, table, kept } = desk();
    // The second is signed, as whole, between the first one's look and its write.
    let isMeeting = false;
    const meeting = {
      ...table,
      async write(operations: readonly Operation[]) {
        if (!isMeeting) {
          isMeeting = true;
          await signHead(deps, second);
        }
        return table.write(operations);
      },
    };
    await signHead({ ...deps, table: meeting }, first);

    const newest = Math.max(first.lastSeq, second.lastSeq);
    expect(await kept()).toMatchObject({ count: newest, head: `hash-${newest}` });
  });

  test("that could not be made is a fault, and is made when it is told of again", async () => {
    const fault = new Fault("KMS is away.", { retryable: true });
    let isAway = true;
    const real = localNotary(new Uint8Array(32));
    const { deps, kept } = desk((text) => (isAway ? Promise.reject(fault) : real.sign(text)));

    await expect(signHead(deps, SUCCEEDED)).rejects.toBe(fault);
    expect(await kept()).toBeUndefined();
    isAway = false;
    await signHead(deps, SUCCEEDED);
    expect((await kept())?.["count"]).toBe(9);
  });
});
