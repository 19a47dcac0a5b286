import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { isObject, type JsonObject } from "../core/kernel/json.ts";
import { Fault } from "../core/ports/fault.ts";
import { writeWhole } from "./write-whole.ts";

export type FolderKeys = Readonly<{
  /** 32 bytes: signs the links of approvals. */
  linkKey: Uint8Array;
  /** 32 bytes: encrypts the secrets of tenants. */
  secretKey: Uint8Array;
  /** 32 bytes: signs the heads of runs. */
  ledgerKey: Uint8Array;
  /** What the platform and the tenant `default` use when the environment fixes nothing. */
  platformKey: string;
  apiKey: string;
}>;

/**
 * The keys of a data folder, made when it is new.
 *
 * Keys that cannot be read are never replaced: with new ones the secrets and links that exist would
 * be lost without a word.
 */
export function folderKeys(file: string): FolderKeys {
  if (!existsSync(file)) writeWhole(file, JSON.stringify(newKeys(), null, 2));
  chmodSync(file, 0o600);
  const read = membersIn(readFileSync(file, "utf8"));
  const keys = read && (parse(read) ?? completed(file, read));
  if (keys) return keys;
  throw new Fault(`The keys in ${file} cannot be read: restore the file, or delete its folder.`, {
    retryable: false,
  });
}

function newKeys(): Record<keyof FolderKeys, string> {
  return {
    linkKey: random(),
    secretKey: random(),
    ledgerKey: random(),
    platformKey: `hfp_${random()}`,
    apiKey: `hf_${random()}`,
  };
}

function random(): string {
  return randomBytes(32).toString("base64url");
}

/** Folders of versions that signed nothing have no key for it: then, and only then, one is made. */
function completed(file: string, read: JsonObject): FolderKeys | undefined {
  if (Object.hasOwn(read, "ledgerKey")) return undefined;
  const all = { ...read, ledgerKey: random() };
  const keys = parse(all);
  if (keys) writeWhole(file, JSON.stringify(all, null, 2));
  return keys;
}

function membersIn(text: string): JsonObject | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function parse(read: JsonObject): FolderKeys | undefined {
  const { linkKey, secretKey, ledgerKey, platformKey, apiKey } = read;
  if (typeof linkKey !== "string" || typeof secretKey !== "string") return undefined;
  if (typeof ledgerKey !== "string") return undefined;
  if (typeof platformKey !== "string" || typeof apiKey !== "string") return undefined;
  const link = Buffer.from(linkKey, "base64url");
  const secret = Buffer.from(secretKey, "base64url");
  const ledger = Buffer.from(ledgerKey, "base64url");
  if ([link, secret, ledger].some(({ length }) => length !== 32)) return undefined;
  if (!platformKey || !apiKey) return undefined;
  return { linkKey: link, secretKey: secret, ledgerKey: ledger, platformKey, apiKey };
}
