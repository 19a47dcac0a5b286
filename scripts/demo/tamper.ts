import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Altered = Readonly<{
  seq: number;
  types: readonly string[];
  before: string;
  after: string;
}>;

const AROUND = 24;

/** SHA-256 of a data folder's database. */
export function databaseHash(folder: string): string {
  return createHash("sha256")
    .update(readFileSync(databaseOf(folder)))
    .digest("hex");
}

export function databaseOf(folder: string): string {
  return join(folder, "holdfast.db");
}

/**
 * Copies a data folder, and changes one byte of one commit in the copy, behind the product's back:
 * the first character of `text`, in the newest commit of the run that holds it.
 */
export function alterCopy(request: {
  from: string;
  to: string;
  runId: string;
  text: string;
  first: string;
}): Altered {
  const { from, to, runId, text, first } = request;
  cpSync(from, to, { recursive: true });
  const database = new DatabaseSync(databaseOf(to));
  try {
    const row = database
      .prepare(
        `select pk, sk, attributes, content from items
         where pk = ? and sk like 'log#%' and instr(content, ?) > 0 order by sk desc limit 1`,
      )
      .get(`default#run#${runId}`, text);
    if (row === undefined) throw new Error(`no commit of ${runId} holds ${text}`);
    const content = String(row["content"]);
    const at = content.indexOf(text);
    const altered = content.slice(0, at) + first + content.slice(at + first.length);
    database
      .prepare("update items set content = ? where pk = ? and sk = ?")
      .run(altered, String(row["pk"]), String(row["sk"]));
    const about = JSON.parse(String(row["attributes"])) as { seq: number; types: string };
    const excerpt = (of: string) => of.slice(Math.max(0, at - AROUND), at + text.length + AROUND);
    return {
      seq: about.seq,
      types: about.types.split(","),
      before: excerpt(content),
      after: excerpt(altered),
    };
  } finally {
    database.close();
  }
}
