import { createHash, randomBytes } from "node:crypto";
import { v7 } from "uuid";
import { beforeEach, describe, expect, test } from "vitest";
import type { KeyRequest } from "../../core/engine/access.ts";
import { tableAccess } from "../../core/engine/people/table-access.ts";
import type { Operation, Table } from "../../core/ports/table.ts";
import { rows } from "../../core/store/rows.ts";
import { memoryTable } from "../support/memory-table.ts";

const PAGE = { limit: 50 };
const hash = (text: string) => createHash("sha256").update(text).digest("hex");

function accessOn(table: Table, clock = { now: () => Date.UTC(2026, 0, 1) }) {
  return tableAccess({
    table,
    clock,
    hash,
    randomKey: () => randomBytes(32).toString("base64url"),
    newId: (prefix) => prefix + v7(),
    platformKeyHash: hash("the-platform-key"),
  });
}

async function made(access: ReturnType<typeof accessOn>, request: KeyRequest, name = "acme") {
  const tenant = await access.createTenant({ name });
  const created = await access.createKey(tenant.id, request);
  if (!created.ok) throw new Error(created.refusal.message);
  return { tenant, key: created.value };
}

let table = memoryTable();
let written: Operation[] = [];
let access = accessOn(table);
beforeEach(() => {
  const memory = memoryTable();
  written = [];
  table = {
    ...memory,
    write: (operations) => {
      written.push(...operations);
      return memory.write(operations);
    },
  };
  access = accessOn(table);
});

describe("a key", () => {
  test("names its tenant and its role", async () => {
    const { tenant, key } = await made(access, { name: "ci", person: "ada@example.com" });

    expect(key.key).toMatch(/^hf_[A-Za-z0-9_-]{43}$/);
    expect(key.id).toMatch(/^key_/);
    expect(await access.authenticate(key.key)).toEqual({
      tenant: tenant.id,
      role: "operator",
      keyId: key.id,
      person: "ada@example.com",
      actsFor: false,
    });
  });

  test("is nowhere in the table and in no list", async () => {
    const { tenant, key } = await made(access, { name: "ci" });
    const listed = await access.keys(tenant.id, PAGE);

    const secret = key.key.slice(3);
    expect(JSON.stringify(written)).not.toContain(secret);
    expect(JSON.stringify(listed)).not.toContain(secret);
    expect(JSON.stringify(listed)).not.toContain(hash(key.key));
    expect(listed.data).toEqual([
      { id: key.id, name: "ci", role: "operator", createdAt: "2026-01-01T00:00:00.000Z" },
    ]);
  });

  test("of an admin always acts for others", async () => {
    const { key } = await made(access, { name: "root", role: "admin", actsFor: false });

    expect(key.actsFor).toBe(true);
    expect(await access.authenticate(key.key)).toMatchObject({ role: "admin", actsFor: true });
  });

  test("acts for others when it was made so", async () => {
    const { key } = await made(access, { name: "bot", role: "approver", actsFor: true });

    expect(await access.authenticate(key.key)).toMatchObject({ role: "approver", actsFor: true });
  });

  test.each(["", "hf_", "nonsense", `hf_${"a".repeat(43)}`, "x".repeat(100_000), "hf_\u0000"])(
    "that nobody made is nobody (%#)",
    async (key) => {
      expect(await access.authenticate(key)).toBeUndefined();
    },
  );

  test("cannot be made for a tenant that does not exist", async () => {
    const created = await access.createKey("ten_nobody", { name: "ci" });

    expect(created).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
    expect((await access.keys("ten_nobody", PAGE)).data).toEqual([]);
  });
});

describe("revoking a key", () => {
  test("takes effect at once in this process", async () => {
    const { tenant, key } = await made(access, { name: "ci" });
    await access.authenticate(key.key);

    expect(await access.revokeKey(tenant.id, key.id)).toEqual({ ok: true, value: null });

    expect(await access.authenticate(key.key)).toBeUndefined();
    expect((await access.keys(tenant.id, PAGE)).data).toEqual([]);
    expect(await table.get(rows.keyByHash(hash(key.key)))).toBeUndefined();
  });

  test("takes effect within 30 s in another process", async () => {
    let now = Date.UTC(2026, 0, 1);
    const other = accessOn(table, { now: () => now });
    const { tenant, key } = await made(access, { name: "ci" });
    await other.authenticate(key.key);
    await access.revokeKey(tenant.id, key.id);

    now += 30_000;

    expect(await other.authenticate(key.key)).toBeUndefined();
  });

  test("is not undone by a read that began before it", async () => {
    const { tenant, key } = await made(access, { name: "ci" });
    const slow = heldReads(table);
    const process = accessOn(slow.table);
    const reading = process.authenticate(key.key);
    slow.hold = false;
    await process.revokeKey(tenant.id, key.id);
    slow.release();
    await reading;

    expect(await process.authenticate(key.key)).toBeUndefined();
  });

  test("leaves the tenant's other key alive", async () => {
    const { tenant, key } = await made(access, { name: "old" });
    const second = await access.createKey(tenant.id, { name: "new" });
    await access.revokeKey(tenant.id, key.id);

    expect(second.ok && (await access.authenticate(second.value.key))).toMatchObject({
      tenant: tenant.id,
    });
  });

  test("finds nothing the second time, nor in another tenant", async () => {
    const { tenant, key } = await made(access, { name: "ci" });
    const stranger = await access.createTenant({ name: "globex" });
    const notFound = { ok: false, refusal: { code: "NOT_FOUND" } };

    expect(await access.revokeKey(stranger.id, key.id)).toMatchObject(notFound);
    expect(await access.authenticate(key.key)).toBeDefined();
    expect(await access.revokeKey(tenant.id, key.id)).toMatchObject({ ok: true });
    expect(await access.revokeKey(tenant.id, key.id)).toMatchObject(notFound);
    for (const id of ["", "nonsense", `key_${"x".repeat(5_000)}`, "key_\ud800"]) {
      expect(await access.revokeKey(tenant.id, id)).toMatchObject(notFound);
    }
  });
});

describe("the platform key", () => {
  test("is told from every other text", () => {
    expect(access.isPlatformKey("the-platform-key")).toBe(true);
    expect(access.isPlatformKey("the-platform-kez")).toBe(false);
    expect(access.isPlatformKey("the-platform-key ")).toBe(false);
    expect(access.isPlatformKey("")).toBe(false);
    expect(access.isPlatformKey(hash("the-platform-key"))).toBe(false);
  });

  test("is no tenant's key", async () => {
    expect(await access.authenticate("the-platform-key")).toBeUndefined();
  });
});

describe("tenants", () => {
  test("are made with their limits and read back as they are", async () => {
    const acme = await access.createTenant({
      name: "acme",
      limits: { maxActiveRuns: 2, retention: "P30D", monthlyUsd: undefined },
      lane: "shared",
    });

    expect(acme.id).toMatch(/^ten_/);
    expect(acme.warnings).toEqual(["retention is kept, and this version does not act upon it"]);
    expect(await access.tenant(acme.id)).toEqual({
      ok: true,
      value: {
        id: acme.id,
        name: "acme",
        limits: { maxActiveRuns: 2, retention: "P30D" },
        lane: "shared",
        createdAt: "2026-01-01T00:00:00.000Z",
      },
    });
    for (const id of ["", "ten_nobody", `ten_${"x".repeat(5_000)}`]) {
      const refusal = { code: "NOT_FOUND" };
      expect(await access.tenant(id)).toMatchObject({ ok: false, refusal });
    }
  });

  test("are listed newest first, page by page, without loss or repeat", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await access.createTenant({ name });

    const first = await access.tenants({ limit: 2 });
    const second = await access.tenants({ limit: 2, cursor: first.nextCursor ?? "" });
    const third = await access.tenants({ limit: 2, cursor: second.nextCursor ?? "" });

    const read = [first, second, third].flatMap(({ data }) => data.map(({ name }) => name));
    expect(read).toEqual(names.toReversed());
    expect(third.nextCursor).toBeNull();
  });

  test("keep their keys apart", async () => {
    const one = await made(access, { name: "one" });
    const two = await made(access, { name: "two" }, "globex");

    expect((await access.keys(one.tenant.id, PAGE)).data.map(({ name }) => name)).toEqual(["one"]);
    expect((await access.keys(two.tenant.id, PAGE)).data.map(({ name }) => name)).toEqual(["two"]);
  });
});

describe("a key that the deployment fixes", () => {
  const fixed = { id: "key_fixed", name: "demo", role: "admin", key: "chosen" } as const;

  test("works after every start, and is registered once", async () => {
    await access.ensureTenant("default", "Default");
    await access.ensureKey("default", fixed);
    const restarted = accessOn(table);
    await restarted.ensureTenant("default", "Another name");
    await restarted.ensureKey("default", fixed);

    expect(await restarted.authenticate("chosen")).toMatchObject({
      tenant: "default",
      role: "admin",
      actsFor: true,
    });
    expect((await restarted.keys("default", PAGE)).data).toHaveLength(1);
    expect(await restarted.tenant("default")).toMatchObject({ value: { name: "Default" } });
    expect(JSON.stringify(written)).not.toContain("chosen");
  });

  test("replaces the one before it", async () => {
    await access.ensureTenant("default", "Default");
    await access.ensureKey("default", fixed);
    await access.authenticate("chosen");
    await access.ensureKey("default", { ...fixed, key: "chosen anew" });

    expect(await access.authenticate("chosen")).toBeUndefined();
    expect(await access.authenticate("chosen anew")).toMatchObject({ keyId: "key_fixed" });
    expect((await access.keys("default", PAGE)).data).toHaveLength(1);
  });

  test("cannot be revoked, and says why", async () => {
    await access.ensureTenant("default", "Default");
    await access.ensureKey("default", fixed);

    const revoked = await access.revokeKey("default", "key_fixed");

    expect(revoked).toMatchObject({ ok: false, refusal: { code: "FORBIDDEN" } });
    expect(await access.authenticate("chosen")).toBeDefined();
  });

  test("is not taken from another tenant's key", async () => {
    const { key } = await made(access, { name: "ci" });
    await access.ensureTenant("default", "Default");

    await expect(access.ensureKey("default", { ...fixed, key: key.key })).rejects.toThrow(
      "key_fixed is a key of this deployment already",
    );
    expect(await access.authenticate(key.key)).toMatchObject({ keyId: key.id });
  });
});

/** A table whose reads stop until they are released. */
function heldReads(inner: Table) {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const held = {
    hold: true,
    release,
    table: {
      ...inner,
      get: async (key) => {
        const item = await inner.get(key);
        if (held.hold) await gate;
        return item;
      },
    } satisfies Table,
  };
  return held;
}
