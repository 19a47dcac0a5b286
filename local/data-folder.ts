import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Fault } from "../core/ports/fault.ts";
import { type FolderKeys, folderKeys } from "./folder-keys.ts";
import { type Holder, lockFolder } from "./folder-lock.ts";

export type DataFolder = Readonly<{
  path: string;
  databaseFile: string;
  keys: FolderKeys;
  /** Lets a second server, which will be refused, say where this one listens. */
  announce(port: number): void;
  /** Gives the folder up, after everything in it was closed. */
  close(): void;
}>;

export type OpenedFolder =
  | Readonly<{ ok: true; folder: DataFolder }>
  | Readonly<{ ok: false; holder: Holder | undefined; message: string }>;

/** Makes the folder when there is none, and takes it for this process alone. */
export async function openDataFolder(given: string): Promise<OpenedFolder> {
  const path = resolve(given);
  makeFolder(path);
  const locked = await lockFolder(path);
  if (!locked.ok) {
    return { ok: false, holder: locked.holder, message: heldMessage(path, locked.holder) };
  }
  try {
    const keys = folderKeys(join(path, "keys.json"));
    const { announce, release } = locked.lock;
    const databaseFile = join(path, "holdfast.db");
    return { ok: true, folder: { path, databaseFile, keys, announce, close: release } };
  } catch (error) {
    locked.lock.release();
    throw error;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (statSync(path).isDirectory()) return;
  } catch (cause) {
    throw new Fault(`The data folder ${path} cannot be made: ${String(cause)}`, {
      retryable: false,
      cause,
    });
  }
  throw new Fault(`The data folder ${path} is not a folder.`, { retryable: false });
}

function heldMessage(path: string, holder: Holder | undefined): string {
  const another = `Another server uses the data folder ${path}`;
  const hint = "Stop it, or set HOLDFAST_DATA to another folder.";
  if (holder === undefined) return `${another}. ${hint}`;
  const where = holder.port === null ? "is just starting" : `listens on port ${holder.port}`;
  return `${another}: process ${holder.pid}, which ${where}. ${hint}`;
}
