import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Fault } from "../../core/ports/fault.ts";

export type GroupCommitStats = Readonly<{
  /** COMMITs that changed something: one fsync each. */
  commits: number;
  /** Writes that were answered, refused ones among them. */
  writes: number;
  checkpoints: number;
}>;

export type GroupCommit = Readonly<{
  /**
   * Runs `write` inside the group's transaction and answers after COMMIT. It may throw a `Fault`
   * before it has changed anything: its own caller gets it, and the group goes on.
   */
  submit<Answer>(write: () => Answer): Promise<Answer>;
  /** Commits now what is queued. */
  flush(): void;
  /** Flushes, refuses what comes later and moves the log into the file. */
  close(): void;
  stats(): GroupCommitStats;
}>;

type Job = {
  write: () => unknown;
  answer: unknown;
  fault: Fault | undefined;
  resolve: (answer: never) => void;
  reject: (fault: Fault) => void;
};

/** 32 MB of log. */
const CHECKPOINT_PAGES = 4000;
const COMMITS_BETWEEN_LOOKS = 64;

/**
 * All writes of one turn of the event loop share one transaction, and so one fsync.
 *
 * The turn's writes run in order, each seeing those before it; only after COMMIT are they answered,
 * so nobody acts on a row that a crash could take back. When COMMIT itself fails, what is on disk
 * is unknown and `onFatal` must end the process.
 */
export function groupCommit(db: DatabaseSync, onFatal: (error: unknown) => void): GroupCommit {
  const begin = db.prepare("begin immediate");
  const commit = db.prepare("commit");
  const changes = db.prepare("select total_changes()");
  changes.setReturnArrays(true);
  const log = logWatch(db);
  let queue: Job[] = [];
  let changed = numberIn(changes);
  let commits = 0;
  let writes = 0;
  let ended: string | undefined;

  function flush(): void {
    const jobs = queue;
    if (jobs.length === 0) return;
    queue = [];
    const fault = ended === undefined ? run(jobs) : closed(ended);
    if (!fault) writes += jobs.length;
    for (const job of jobs) settle(job, fault ?? job.fault);
  }

  function run(jobs: readonly Job[]): Fault | undefined {
    try {
      begin.run();
      for (const job of jobs) attempt(job);
    } catch (error) {
      return undo(error);
    }
    try {
      commit.run();
    } catch (error) {
      return die(error);
    }
    const now = numberIn(changes);
    if (now === changed) return undefined;
    changed = now;
    commits += 1;
    // After the answers: a checkpoint may take a while, and no answer depends on it.
    if (commits % COMMITS_BETWEEN_LOOKS === 0) setImmediate(() => log.checkpointWhenLong());
    return undefined;
  }

  /** The disk is full, or another process holds the file: nothing of the group was written. */
  function undo(cause: unknown): Fault | undefined {
    try {
      if (db.isTransaction) db.exec("rollback");
    } catch (error) {
      return die(error);
    }
    changed = numberIn(changes);
    return new Fault("SQLite could not write; nothing was changed.", { retryable: true, cause });
  }

  function die(cause: unknown): Fault {
    ended = "a COMMIT failed";
    onFatal(cause);
    // Whoever survives that must not read rows that the disk may not have.
    if (db.isOpen) db.close();
    return new Fault("SQLite could not commit; what is on disk is unknown.", {
      retryable: true,
      cause,
    });
  }

  return {
    submit(write) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(closed(ended));
        if (queue.length === 0) setImmediate(flush);
        queue.push({ write, answer: undefined, fault: undefined, resolve, reject });
      });
    },
    flush,
    close() {
      flush();
      if (ended !== undefined) return;
      ended = "it was closed";
      log.checkpoint("truncate");
      db.close();
    },
    stats: () => ({ commits, writes, checkpoints: log.checkpoints() }),
  };
}

function attempt(job: Job): void {
  try {
    job.answer = job.write();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    job.fault = error;
  }
}

function settle(job: Job, fault: Fault | undefined): void {
  if (fault) job.reject(fault);
  else job.resolve(job.answer as never);
}

/** Checkpoints between groups instead of inside a COMMIT, where SQLite would make answers wait. */
function logWatch(db: DatabaseSync) {
  const look = db.prepare("pragma wal_checkpoint(noop)");
  let checkpoints = 0;

  function checkpoint(mode: "passive" | "truncate"): void {
    db.exec(`pragma wal_checkpoint(${mode})`);
    checkpoints += 1;
  }

  return {
    checkpoint,
    checkpoints: () => checkpoints,
    checkpointWhenLong(): void {
      if (!db.isOpen) return;
      try {
        const length = Number(look.get()?.["log"] ?? 0);
        if (length >= CHECKPOINT_PAGES) checkpoint("passive");
      } catch {
        // Nothing is lost: the log holds every commit, and the next look tries again.
      }
    },
  };
}

function numberIn(statement: StatementSync): number {
  const [value] = statement.get() as unknown as [number];
  return value;
}

function closed(reason: string): Fault {
  return new Fault(`The database takes no more writes: ${reason}.`, { retryable: false });
}
