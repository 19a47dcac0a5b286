import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { isObject } from "../core/kernel/json.ts";
import { Fault } from "../core/ports/fault.ts";
import { writeWhole } from "./write-whole.ts";

export type FolderKeys = Readonly<{
  /** 32 bytes: signs the links of approvals. */
  linkKey: Uint8Array;
  /** 32 bytes: encrypts the secrets of tenants. */
  secretKey: Uint8Array;
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
  const keys = parse(readFileSync(file, "utf8"));
  if (keys) return keys;
  throw new Fault(`The keys in ${file} cannot be read: restore the file, or delete its folder.`, {
    retryable: false,
  });
}

function newKeys(): Record<keyof FolderKeys, string> {
  return {
    linkKey: random(),
    secretKey: random(),
    platformKey: `hfp_${random()}`,
    apiKey: `hf_${random()}`,
  };
}

function random(): string {
  return randomBytes(32).toString("base64url");
}

function parse(text: string): FolderKeys | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { linkKey, secretKey, platformKey, apiKey } = read;
  if (typeof linkKey !== "string" || typeof secretKey !== "string") return undefined;
  if (typeof platformKey !== "string" || typeof apiKey !== "string") return undefined;
  const link = Buffer.from(linkKey, "base64url");
  const secret = Buffer.from(secretKey, "base64url");
  if (link.length !== 32 || secret.length !== 32 || !platformKey || !apiKey) return undefined;
  return { linkKey: link, secretKey: secret, platformKey, apiKey };
}
