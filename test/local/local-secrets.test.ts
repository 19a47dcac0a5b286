import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { rows } from "../../core/store/rows.ts";
import { localSecrets } from "../../local/local-secrets.ts";
import { memoryTable } from "../support/memory-table.ts";

const key = randomBytes(32);
let table = memoryTable();
let secrets = localSecrets({ table, key });
beforeEach(() => {
  table = memoryTable();
  secrets = localSecrets({ table, key });
});

describe("a secret", () => {
  test("is read back as it was, and replaced by a newer one", async () => {
    await secrets.put("ten_a", "token", "first");
    await secrets.put("ten_a", "token", "second");
    expect(await secrets.get("ten_a", "token")).toBe("second");
  });

  test("may be any text, whatever its characters", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
        await secrets.put("ten_a", "any", value);
        expect(await secrets.get("ten_a", "any")).toBe(value);
      }),
    );
    await secrets.put("ten_a", "lone", "\ud800");
    expect(await secrets.get("ten_a", "lone")).toBe("\ud800");
  });

  test("is not in the table in clear, and never twice the same", async () => {
    await secrets.put("ten_a", "one", "the-same-value");
    await secrets.put("ten_a", "two", "the-same-value");
    const one = await table.get(rows.secret("ten_a", "one"));
    const two = await table.get(rows.secret("ten_a", "two"));

    expect(Buffer.from(one?.content ?? "", "base64").toString("latin1")).not.toContain("the-same");
    expect(one?.content).not.toBe(two?.content);
  });

  test("belongs to its tenant", async () => {
    await secrets.put("ten_a", "token", "of a");
    expect(await secrets.get("ten_b", "token")).toBeUndefined();
    expect(await secrets.names("ten_b")).toEqual([]);
    expect(await secrets.remove("ten_b", "token")).toBe(false);
    expect(await secrets.get("ten_a", "token")).toBe("of a");
  });

  test("does not open where its row was copied to", async () => {
    await secrets.put("ten_a", "token", "of a");
    const row = await table.get(rows.secret("ten_a", "token"));
    for (const place of [rows.secret("ten_b", "token"), rows.secret("ten_a", "other")]) {
      await table.write([{ type: "put", item: { ...place, content: row?.content } }]);
    }
    await expect(secrets.get("ten_b", "token")).rejects.toThrow("not written with the keys");
    await expect(secrets.get("ten_a", "other")).rejects.toThrow("not written with the keys");
  });

  test("does not open with another key, nor when a byte of it was changed", async () => {
    await secrets.put("ten_a", "token", "value");
    const other = localSecrets({ table, key: randomBytes(32) });
    await expect(other.get("ten_a", "token")).rejects.toThrow("not written with the keys");

    const row = await table.get(rows.secret("ten_a", "token"));
    const sealed = Buffer.from(row?.content ?? "", "base64");
    for (const content of [
      flipped(sealed, 0),
      flipped(sealed, 14),
      flipped(sealed, sealed.length - 1),
      "",
    ]) {
      await table.write([{ type: "put", item: { ...rows.secret("ten_a", "token"), content } }]);
      await expect(secrets.get("ten_a", "token")).rejects.toThrow("not written with the keys");
    }
  });

  test("can be removed once", async () => {
    await secrets.put("ten_a", "token", "value");
    expect(await secrets.remove("ten_a", "token")).toBe(true);
    expect(await secrets.remove("ten_a", "token")).toBe(false);
    expect(await secrets.get("ten_a", "token")).toBeUndefined();
  });

  test("has at most 65,536 characters, and no fault repeats it", async () => {
    const long = "s3cr3t".repeat(11_000);
    await secrets.put("ten_a", "token", "\u20ac".repeat(65_536));
    const fault = await secrets.put("ten_a", "token", long).catch(String);

    expect(fault).toContain("65,536 characters");
    expect(fault).not.toContain("s3cr3t");
  });

  test.each(["", "a b", "a/b", "ä", "a".repeat(129), "a\n", "a#b"])(
    "cannot be called %j",
    async (name) => {
      await expect(secrets.put("ten_a", name, "value")).rejects.toThrow("The name of a secret");
      expect(await secrets.get("ten_a", name)).toBeUndefined();
      expect(await secrets.remove("ten_a", name)).toBe(false);
    },
  );
});

test("the names of secrets are listed, however many there are", async () => {
  const names = Array.from({ length: 2500 }, (_, i) => `s${String(i).padStart(5, "0")}`);
  for (const name of names) await secrets.put("ten_a", name, "value");
  expect(await secrets.names("ten_a")).toEqual(names);
});

function flipped(bytes: Buffer, at: number): string {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy.toString("base64");
}
