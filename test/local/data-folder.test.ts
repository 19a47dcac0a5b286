import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDataFolder } from "../../local/data-folder.ts";
import { tempFolder } from "./temp-folder.ts";

const HOLD = join(import.meta.dirname, "hold-folder.ts");

const LONG = "A".repeat(43);
const WITH_A_SHORT_LEDGER_KEY = `{"linkKey":"${LONG}","secretKey":"${LONG}","ledgerKey":"aa","platformKey":"p","apiKey":"a"}`;

type Holding = Readonly<{ child: ChildProcess; said: string }>;

/** Starts a process that takes the folder; resolves to what came of it. */
async function holder(folder: string): Promise<Holding> {
  const child = spawn(process.execPath, [HOLD, folder], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, said };
}

async function opened(folder: string) {
  const result = await openDataFolder(folder);
  if (!result.ok) throw new Error(result.message);
  onTestFinished(() => result.folder.close());
  return result.folder;
}

describe("a data folder", () => {
  test("is made for its owner alone, with keys nobody else may read", async () => {
    const path = join(tempFolder(), "deep", "down");
    const folder = await opened(path);

    expect(folder.path).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, "keys.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(path).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("has the same keys at every start", async () => {
    const path = tempFolder();
    const first = await opened(path);
    first.close();
    const second = await opened(path);

    expect(second.keys).toEqual(first.keys);
    expect(first.keys.linkKey).toHaveLength(32);
    expect(first.keys.secretKey).not.toEqual(first.keys.linkKey);
    expect(first.keys.ledgerKey).toHaveLength(32);
    expect(first.keys.ledgerKey).not.toEqual(first.keys.secretKey);
    expect(first.keys.apiKey).toMatch(/^hf_[A-Za-z0-9_-]{43}$/);
  });

  test("of a version that signed no ledgers gets a key for it, once, and keeps the others", async () => {
    const path = tempFolder();
    const file = join(path, "keys.json");
    const first = await opened(path);
    first.close();
    const { ledgerKey: _, ...old } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...old, later: "kept" }));

    const second = await opened(path);
    second.close();

    const { ledgerKey, ...others } = JSON.parse(readFileSync(file, "utf8"));
    expect(others).toEqual({ ...old, later: "kept" });
    expect(Buffer.from(ledgerKey, "base64url")).toEqual(Buffer.from(second.keys.ledgerKey));
    expect({ ...second.keys, ledgerKey: first.keys.ledgerKey }).toEqual(first.keys);
    expect(second.keys.ledgerKey).not.toEqual(first.keys.ledgerKey);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await opened(path)).keys).toEqual(second.keys);
  });

  test("closes its keys to others when somebody opened them", async () => {
    const path = tempFolder();
    (await opened(path)).close();
    chmodSync(join(path, "keys.json"), 0o644);
    await opened(path);

    expect(statSync(join(path, "keys.json")).mode & 0o777).toBe(0o600);
  });

  test.each([
    "",
    "{",
    "{}",
    "[]",
    '{"linkKey":"aa","secretKey":"aa","platformKey":"p","apiKey":"a"}',
    WITH_A_SHORT_LEDGER_KEY,
  ])("is refused when its keys are %j, and they are left as they are", async (content) => {
    const path = tempFolder();
    writeFileSync(join(path, "keys.json"), content);

    await expect(openDataFolder(path)).rejects.toThrow("cannot be read");
    expect(readFileSync(join(path, "keys.json"), "utf8")).toBe(content);
    await expect(openDataFolder(path)).rejects.toThrow("cannot be read");
  });

  test("is refused when it is a file", async () => {
    const path = join(tempFolder(), "file");
    writeFileSync(path, "");
    await expect(openDataFolder(path)).rejects.toThrow(`The data folder ${path} cannot be made`);
  });
});

describe("a data folder that another server uses", () => {
  test("is refused, naming its process and its port", async () => {
    const path = tempFolder();
    const { child, said } = await holder(path);
    const result = await openDataFolder(path);

    expect(said).toBe("holding");
    expect(result).toMatchObject({ ok: false, holder: { pid: child.pid, port: 4711 } });
    expect(result.ok ? "" : result.message).toContain(
      `process ${child.pid}, which listens on port 4711`,
    );
  });

  test("is refused in the same process too", async () => {
    const path = tempFolder();
    await opened(path);
    expect(await openDataFolder(path)).toMatchObject({ ok: false, holder: { pid: process.pid } });
  });

  test("is refused by name also before the other one listens", async () => {
    const path = tempFolder();
    await opened(path);
    const result = await openDataFolder(path);
    expect(result.ok ? "" : result.message).toContain("is just starting");
  });

  test("stays locked however often somebody was refused", async () => {
    const path = tempFolder();
    const { child } = await holder(path);
    await openDataFolder(path);
    await openDataFolder(path);

    expect((await holder(path)).said).toContain(`process ${child.pid}`);
  });

  test("is free once it was closed", async () => {
    const path = tempFolder();
    (await opened(path)).close();
    expect((await holder(path)).said).toBe("holding");
  });
});

describe("kill -9 of the server that uses a data folder", () => {
  test("lets the next one in at once, with the same keys", async () => {
    const path = tempFolder();
    const { child } = await holder(path);
    const keys = readFileSync(join(path, "keys.json"), "utf8");
    // Not waited for: whoever restarts a server in haste does not wait either.
    child.kill("SIGKILL");
    const folder = await opened(path);

    expect(readFileSync(join(path, "keys.json"), "utf8")).toBe(keys);
    const holding = JSON.parse(readFileSync(join(path, "holder.json"), "utf8"));
    expect(holding).toMatchObject({ pid: process.pid, port: null });
    expect(existsSync(join(path, "lock.db-journal"))).toBe(false);
    folder.announce(1);
  });

  test("lets exactly one of several in that start together", async () => {
    const path = tempFolder();
    const { child } = await holder(path);
    child.kill("SIGKILL");

    const started = await Promise.all([1, 2, 3, 4].map(() => holder(path)));

    expect(started.filter(({ said }) => said === "holding")).toHaveLength(1);
    const winner = started.find(({ said }) => said === "holding");
    for (const { said } of started.filter((one) => one !== winner)) {
      expect(said).toContain(`process ${winner?.child.pid}, which listens on port 4711`);
    }
  });
});
