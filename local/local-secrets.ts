import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Fault } from "../core/ports/fault.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import type { Table } from "../core/ports/table.ts";
import { rows } from "../core/store/rows.ts";

const NAME = /^[A-Za-z0-9_.-]{1,128}$/;
const VALUE_LENGTH_MAX = 64 * 1024;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Secrets on the table, encrypted with a key of the data folder.
 *
 * Tenant and name are bound into each one, so that a row copied to another place, by whoever can
 * write the database, does not decrypt there.
 */
export function localSecrets({ table, key }: { table: Table; key: Uint8Array }): Secrets {
  return {
    async put(tenant, name, value) {
      checkName(name);
      if (value.length > VALUE_LENGTH_MAX) {
        throw refused(`The value of secret ${name} has more than 65,536 characters.`);
      }
      const content = seal(key, placeOf(tenant, name), value);
      await table.write([{ type: "put", item: { ...rows.secret(tenant, name), content } }]);
    },

    async get(tenant, name) {
      if (!NAME.test(name)) return undefined;
      const item = await table.get(rows.secret(tenant, name));
      if (item === undefined) return undefined;
      const value = unseal(key, placeOf(tenant, name), item.content ?? "");
      if (value !== undefined) return value;
      throw refused(`Secret ${name} was not written with the keys of this data folder.`);
    },

    names: (tenant) => allNames(table, tenant),

    async remove(tenant, name) {
      if (!NAME.test(name)) return false;
      const when = { type: "present" } as const;
      const written = await table.write([{ type: "remove", key: rows.secret(tenant, name), when }]);
      return written.ok;
    },
  };
}

async function allNames(table: Table, tenant: string): Promise<readonly string[]> {
  const { pk } = rows.secret(tenant, "");
  const names: string[] = [];
  for (;;) {
    const after = names.at(-1);
    const page = await table.query({ pk, limit: 1000, ...(after === undefined ? {} : { after }) });
    names.push(...page.items.map(({ sk }) => sk));
    if (!page.more) return names;
  }
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw refused("The name of a secret is 1 to 128 letters, digits, dots, dashes and underscores.");
}

function refused(message: string): Fault {
  return new Fault(message, { retryable: false });
}

function placeOf(tenant: string, name: string): Buffer {
  return Buffer.from(JSON.stringify([tenant, name]));
}

/** As JSON, which UTF-8 can hold whatever the characters are. */
function seal(key: Uint8Array, place: Buffer, value: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(place);
  const sealed = Buffer.concat([
    iv,
    cipher.update(JSON.stringify(value)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return sealed.toString("base64");
}

function unseal(key: Uint8Array, place: Buffer, content: string): string | undefined {
  const sealed = Buffer.from(content, "base64");
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const tagAt = sealed.length - TAG_BYTES;
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(place).setAuthTag(sealed.subarray(tagAt));
  try {
    const opened = [decipher.update(sealed.subarray(IV_BYTES, tagAt)), decipher.final()];
    return JSON.parse(Buffer.concat(opened).toString()) as string;
  } catch {
    // Node says no more than that the tag does not fit, and neither could we.
    return undefined;
  }
}
