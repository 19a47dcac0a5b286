import { openSqlite } from "../../adapters/sqlite/open.ts";
import { sqliteArtifacts } from "../../adapters/sqlite/sqlite-artifacts.ts";
import { sqliteTable } from "../../adapters/sqlite/sqlite-table.ts";

/**
 * Writes until it is killed, and says on a line of its own what was acknowledged. Each write has
 * two rows, so that a torn one would be seen.
 */
const [file = "", round = ""] = process.argv.slice(2);
const database = openSqlite(file);
const table = sqliteTable(database);
const artifacts = sqliteArtifacts(database);

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const name = `${round}-${writer}-${n}`;
    const content = `content of ${name}`;
    const id = await artifacts.put("ten_1", "run_1", content);
    const put = (sk: string) => ({ type: "put", item: { pk: sk, sk: name, content, id } }) as const;
    const result = await table.write([put("left"), put("right")]);
    if (!result.ok) throw new Error(`${name} was refused`);
    process.stdout.write(`${name} ${id}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
