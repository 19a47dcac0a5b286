import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { handler } from "../../examples/pay-function.ts";

test("pay-function.ts notes each payment with its key, and refuses what is no amount", async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-pay-"));
  const file = join(folder, "payments");
  vi.stubEnv("PAYMENTS_FILE", file);
  const event = (amount: number) => ({
    tool: "pay",
    input: { order: "A-17", amount },
    idempotencyKey: "key-1",
    attempt: 1,
  });
  const context = { clientContext: { custom: { idempotencyKey: "key-1" } } };

  expect(await handler(event(12), context)).toEqual({ order: "A-17", paid: 12, key: "key-1" });
  await expect(handler(event(0), context)).rejects.toMatchObject({ name: "BAD_AMOUNT" });

  expect(readFileSync(file, "utf8")).toBe("A-17 key-1\n");
  rmSync(folder, { recursive: true });
});
