import { hash as digestOf } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { canonical, chainHash } from "../../core/kernel/ledger.ts";

/** A row of the file: its attributes parsed, its content as it is. */
export type FileRow = Readonly<{
  sk: string;
  content: string | null;
  attributes: Readonly<Record<string, unknown>>;
}>;

const sha256 = (text: string) => digestOf("sha256", text, "base64url");

/** The rows of one partition of a stopped server's file, for whoever may write to its database. */
export function runFile(databaseFile: string, pk: string) {
  function on<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(databaseFile);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  function rows(prefix = ""): readonly FileRow[] {
    const found = on((database) =>
      database
        .prepare(
          "select sk, content, attributes from items where pk = ? and sk like ? || '%' order by sk",
        )
        .all(pk, prefix),
    ) as { sk: string; content: string | null; attributes: string }[];
    return found.map((row) => ({ ...row, attributes: JSON.parse(row.attributes) }));
  }

  function keep({ sk, content, attributes }: FileRow): void {
    const update = "update items set content = ?, attributes = ? where pk = ? and sk = ?";
    on((database) => database.prepare(update).run(content, JSON.stringify(attributes), pk, sk));
  }

  return {
    rows,
    keep,
    row(sk: string): FileRow {
      const found = rows(sk).find((row) => row.sk === sk);
      if (!found) throw new Error(`${pk} has no row ${sk}`);
      return found;
    },
    remove(sk: string): void {
      on((database) => database.prepare("delete from items where pk = ? and sk = ?").run(pk, sk));
    },
    /** Changes texts of the history and makes all its hashes fit again: a careful forger. */
    forge(run: string, change: (content: string) => string): void {
      let prev = "";
      for (const row of rows("log#")) {
        const { seq, types, at, actor } = row.attributes as Record<string, string>;
        const content = change(row.content ?? "");
        const digest = sha256(canonical(JSON.parse(content)));
        const skeleton = { run, seq: Number(seq), at: Number(at), actor: String(actor), prev };
        const link = { version: 1, ...skeleton, types: String(types).split(","), digest } as const;
        const hash = chainHash(link, sha256);
        keep({ ...row, content, attributes: { ...row.attributes, prev, digest, hash } });
        prev = hash;
      }
    },
  };
}
