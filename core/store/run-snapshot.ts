import { LANGUAGE_VERSION, type Run } from "../kernel/run.ts";
import { bytesOf } from "../kernel/sizes.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import { Fault } from "../ports/fault.ts";
import type { RunKey } from "../ports/queue.ts";
import type { Item, Table } from "../ports/table.ts";
import type { Commit } from "./commit.ts";
import { rows } from "./rows.ts";

/** A run as last committed. `hash` is the head of its chain, which the next commit names. */
export type Loaded = Readonly<{
  run: Run;
  hash: string;
  /** Bytes of the log since the last snapshot, and of that snapshot. */
  bytes: number;
  snapshotBytes: number;
  /** All commits of a short run, oldest first, so that showing it reads nothing. */
  commits?: readonly Commit[] | undefined;
}>;

export type Stores = Readonly<{ table: Table; artifacts: Artifacts }>;

const SNAPSHOT_BYTES_MIN = 64 * 1024;
/** A row must stay well under the 400 KB of a DynamoDB item; a larger state is folded anew. */
const SNAPSHOT_BYTES_MAX = 300 * 1024;

export async function fromSnapshot(
  artifacts: Artifacts,
  key: RunKey,
  item: Item,
): Promise<Loaded | undefined> {
  checkLanguage(item);
  const artifact = item["artifact"];
  const content =
    typeof artifact === "string"
      ? await artifacts.get(key.tenant, key.runId, artifact)
      : item.content;
  if (content === undefined) return undefined;
  const run = JSON.parse(content) as Run;
  return { run, hash: String(item["hash"]), bytes: 0, snapshotBytes: content.length };
}

/** A fold must understand all that it folds: a newer writer's rows are left to a newer reader. */
export function checkLanguage(item: Item): void {
  if (Number(item["language"]) <= LANGUAGE_VERSION) return;
  const message = `${item.pk} was written by a newer version (language ${item["language"]})`;
  throw new Fault(message, { retryable: true });
}

/** Bounds replay. A cache of the log: that it is missing or old costs time and nothing else. */
export async function snapshot({ table, artifacts }: Stores, key: RunKey, loaded: Loaded) {
  if (loaded.bytes <= Math.max(SNAPSHOT_BYTES_MIN, loaded.snapshotBytes)) return loaded;
  const { tenant, runId } = key;
  const text = JSON.stringify(loaded.run);
  try {
    // The artifact is there before the row that names it: see rule 9.
    const kept =
      bytesOf(text) > SNAPSHOT_BYTES_MAX
        ? { artifact: await artifacts.put(tenant, runId, text) }
        : { content: text };
    const item: Item = {
      ...rows.snapshot(tenant, runId),
      seq: loaded.run.seq,
      hash: loaded.hash,
      language: LANGUAGE_VERSION,
      ...kept,
    };
    await table.write([{ type: "put", item }]);
    return { ...loaded, bytes: 0, snapshotBytes: text.length };
  } catch (error) {
    // The commit stands; the next one tries again.
    if (error instanceof Fault && error.retryable) return loaded;
    throw error;
  }
}
