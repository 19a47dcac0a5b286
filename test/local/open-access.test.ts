import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openAccess } from "../../local/open-access.ts";
import { memoryTable } from "../support/memory-table.ts";

const parts = {
  clock: { now: () => Date.UTC(2026, 0, 1) },
  newId: (prefix: string) => prefix + randomUUID(),
  platformKey: "platform",
};

describe("a laptop's access", () => {
  test("has a tenant and an admin key from the first start", async () => {
    const access = await openAccess({ ...parts, table: memoryTable(), apiKey: "hf_test" });

    expect(await access.authenticate("hf_test")).toMatchObject({
      tenant: "default",
      role: "admin",
    });
    expect(access.isPlatformKey("platform")).toBe(true);
    expect(await access.tenant("default")).toMatchObject({ ok: true });
  });

  test("forgets the old key when another is set", async () => {
    const table = memoryTable();
    await openAccess({ ...parts, table, apiKey: "old" });
    const access = await openAccess({ ...parts, table, apiKey: "new" });

    expect(await access.authenticate("old")).toBeUndefined();
    expect(await access.authenticate("new")).toMatchObject({ tenant: "default" });
  });
});
