import { createHash } from "node:crypto";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { SqliteDatabase } from "./open.ts";

/** What one artifact may hold, in UTF-8. */
const BYTES_MAX = 256 * 1024 * 1024;

/** Artifacts beside the table, in its group commits: an artifact is on disk when it has an id. */
export function sqliteArtifacts({ connection, group }: SqliteDatabase): Artifacts {
  const insert = connection.prepare(
    "insert or ignore into artifacts (tenant, run_id, id, content) values (?, ?, ?, ?)",
  );
  const select = connection.prepare(
    "select content from artifacts where tenant = ? and run_id = ? and id = ?",
  );

  return {
    async put(tenant, runId, content) {
      check(runId, content);
      const id = createHash("sha256").update(content, "utf8").digest("hex").slice(0, 32);
      await group.submit(() => insert.run(tenant, runId, id, content));
      return id;
    },
    async get(tenant, runId, id) {
      return select.get(tenant, runId, id)?.["content"] as string | undefined;
    },
  };
}

function check(runId: string, content: string): void {
  const isTooLarge = content.length > BYTES_MAX / 3 && Buffer.byteLength(content) > BYTES_MAX;
  if (isTooLarge) {
    throw new Fault(`An artifact of run ${runId} is larger than 256 MB.`, { retryable: false });
  }
  if (!content.isWellFormed()) {
    throw new Fault(`An artifact of run ${runId} holds a lone surrogate.`, { retryable: false });
  }
}
