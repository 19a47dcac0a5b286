import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Folder } from "./server.ts";

const WRITE_UNIT_BYTES = 1_024;

type Row = Readonly<{ pk: string; sk: string; attributes: string | null; content: string | null }>;

/**
 * The log of the newest run, as a server that has stopped left it.
 *
 * A deployment pays for each row by its size; the commits between the first and the last are the
 * steps in the middle of a run, which are one row alone.
 */
export function storedRun(folder: Folder) {
  const database = new DatabaseSync(join(folder.path, "holdfast.db"), { readOnly: true });
  try {
    const rows = database
      .prepare(
        `select pk, sk, attributes, content from items
          where sk like 'log#%' and pk = (
            select pk from items where sk like 'log#%' order by rowid desc limit 1
          ) order by sk`,
      )
      .all() as unknown as readonly Row[];
    const sizes = rows.map(bytesOf);
    const middle = sizes.slice(1, -1);
    const bytesMax = Math.max(0, ...middle);
    return {
      commitsPerRun: sizes.length,
      commitBytesMean: sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length),
      middleCommitBytesMax: bytesMax,
      middleCommitWriteUnits: Math.ceil(bytesMax / WRITE_UNIT_BYTES),
    };
  } finally {
    database.close();
  }
}

/** Names and values in UTF-8, as DynamoDB counts; of numbers their digits, which is a bit more. */
function bytesOf({ attributes, ...columns }: Row): number {
  const item: JsonObject = { ...columns, ...(JSON.parse(attributes ?? "{}") as JsonObject) };
  return Object.entries(item).reduce((sum, [name, value]) => {
    if (value === null) return sum;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return sum + Buffer.byteLength(name) + Buffer.byteLength(text);
  }, 0);
}
