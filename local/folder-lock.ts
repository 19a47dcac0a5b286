import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../core/kernel/json.ts";
import { writeWhole } from "./write-whole.ts";

export type Holder = Readonly<{ pid: number; port: number | null; since: string }>;

export type FolderLock = Readonly<{
  /** Lets those who find the folder locked say where we listen. */
  announce(port: number): void;
  release(): void;
}>;

export type Locked =
  | Readonly<{ ok: true; lock: FolderLock }>
  | Readonly<{ ok: false; holder: Holder | undefined }>;

/** A killed process may hold its lock a moment longer, and a new holder not yet be named. */
const PATIENCE_MS = 1000;
const LOOK_EVERY_MS = 20;

/**
 * Locks a folder for this process, for as long as it lives.
 *
 * The lock is SQLite's on a file of its own: the operating system takes it back from a process that
 * dies, so none is ever stale, and it gives it to one of those who ask at once. Who holds it is in
 * another file, because closing the locked file, after reading it too, would give up the lock.
 */
export async function lockFolder(folder: string): Promise<Locked> {
  const holderFile = join(folder, "holder.json");
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const connection = tryLock(join(folder, "lock.db"));
    if (connection) return { ok: true, lock: heldLock(connection, holderFile) };
    if (performance.now() >= deadline) return { ok: false, holder: readHolder(holderFile) };
    await delay(LOOK_EVERY_MS);
  }
}

/** Kept from the garbage collector, which would close them and with them the locks. */
const held = new Set<DatabaseSync>();

function tryLock(file: string): DatabaseSync | undefined {
  const connection = new DatabaseSync(file, { timeout: 0 });
  try {
    // The transaction is never ended: it holds the lock, writes nothing and needs no journal.
    connection.exec("pragma journal_mode = memory; begin exclusive");
    return connection;
  } catch (error) {
    connection.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

function heldLock(connection: DatabaseSync, holderFile: string): FolderLock {
  const since = new Date().toISOString();
  const write = (port: number | null) =>
    writeWhole(holderFile, JSON.stringify({ pid: process.pid, port, since } satisfies Holder));
  held.add(connection);
  write(null);
  return {
    announce: write,
    release() {
      if (held.delete(connection)) connection.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}

function readHolder(file: string): Holder | undefined {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // It only serves a message; without it the message says less.
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { pid, port, since } = read;
  if (typeof pid !== "number" || typeof since !== "string") return undefined;
  return { pid, port: typeof port === "number" ? port : null, since };
}
