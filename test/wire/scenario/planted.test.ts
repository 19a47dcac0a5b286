import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { HouseOptions } from "../house.ts";
import { SLICES } from "../slices.ts";
import { without } from "../template/without.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The bundles with a mistake in one of them; a text that is not there once is no mistake. */
function spoiled(name: string, right: RegExp, wrong: string): string {
  const from = process.env["HOLDFAST_WIRE_BUNDLES"] ?? "";
  const folder = mkdtempSync(join(tmpdir(), "holdfast-spoiled-"));
  folders.push(folder);
  cpSync(from, folder, { recursive: true, filter: (path) => !path.endsWith(".map") });
  const file = join(folder, name, "index.mjs");
  const text = readFileSync(file, "utf8");
  const changed = text.replace(right, wrong);
  if (changed === text) throw new Error(`the bundle of ${name} holds nothing like ${right}`);
  writeFileSync(file, changed);
  return folder;
}

describe("the suite holds", () => {
  test.each(Object.entries(SLICES))("as long as nothing is missing: %s", async (_, slice) => {
    await expect(slice({})).resolves.toBeUndefined();
  });
});

describe("the suite fails, by name,", () => {
  test("when one grant is missing", async () => {
    const slice = SLICES["every call is granted to the function that makes it"];
    const spoil: HouseOptions["spoil"] = (template) =>
      without(template, { role: /Step/, action: "dynamodb:PutItem" });

    await expect(slice({ spoil })).rejects.toThrow("step: dynamodb:PutItem");
  });

  test("when one condition expression is missing", async () => {
    const slice = SLICES["a tenant has no more runs than its limit"];
    const bounds = /"\(#count >= :low AND #count <= :high\)"/;
    const always = '"(#count >= :low OR #count < :low OR #count = :high)"';

    await expect(slice({ bundles: spoiled("api", bounds, always) })).rejects.toThrow("four starts");
  });

  test("when the fence of the log is missing", async () => {
    const slice = SLICES["the same start is one run"];
    const fence = /Item:\{\.\.\.([\w$]+)\.item\},\.\.\.([\w$]+)\(\1\.when\)/;
    // Commits lose their condition, and so do the units of the tenant's limit, which would tell of
    // a second run as well; all other rows keep theirs.
    const bare = "/^log#/.test($1.item.sk)||/#unit#/.test($1.item.pk)";
    const open = `Item:{...$1.item},...(${bare}?{}:$2($1.when))`;

    await expect(slice({ bundles: spoiled("api", fence, open) })).rejects.toThrow("the first");
  });
});
