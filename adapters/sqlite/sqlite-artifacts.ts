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
  const remove = connection.prepare(
    "delete from artifacts where tenant = ? and run_id = ? and id = ?",
  );
  const read = (tenant: string, owner: string, id: string) =>
    select.get(tenant, owner, id)?.["content"] as string | Uint8Array | undefined;

  return {
    async put(tenant, owner, content) {
      check(owner, content);
      const id = createHash("sha256").update(content).digest("hex").slice(0, 32);
      await group.submit(() => insert.run(tenant, owner, id, content));
      return id;
    },
    async get(tenant, owner, id) {
      const content = read(tenant, owner, id);
      return content instanceof Uint8Array ? Buffer.from(content).toString("utf8") : content;
    },
    async bytes(tenant, owner, id) {
      const content = read(tenant, owner, id);
      return typeof content === "string" ? Buffer.from(content, "utf8") : content;
    },
    async remove(tenant, owner, ids) {
      await group.submit(() => {
        for (const id of ids) remove.run(tenant, owner, id);
      });
    },
  };
}

function check(runId: string, content: string | Uint8Array): void {
  if (typeof content !== "string") {
    if (content.byteLength <= BYTES_MAX) return;
    throw new Fault(`An artifact of ${runId} is larger than 256 MB.`, { retryable: false });
  }
  const isTooLarge = content.length > BYTES_MAX / 3 && Buffer.byteLength(content) > BYTES_MAX;
  if (isTooLarge) {
    throw new Fault(`An artifact of run ${runId} is larger than 256 MB.`, { retryable: false });
  }
  if (!content.isWellFormed()) {
    throw new Fault(`An artifact of run ${runId} holds a lone surrogate.`, { retryable: false });
  }
}
