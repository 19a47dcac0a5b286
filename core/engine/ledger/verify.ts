import { canonical, chainHash } from "../../kernel/ledger.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Item } from "../../ports/table.ts";
import type { Commit } from "../../store/commit.ts";
import { rows } from "../../store/rows.ts";
import type { RunLog } from "../../store/run-log.ts";
import type { EngineDeps } from "../deps.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import { checkSignature, type SignatureView } from "./check-signature.ts";

export type LedgerError = Readonly<{ seq: number; type: string }>;
export type Verified = Readonly<{
  ok: boolean;
  /** Events in the log. */
  count: number;
  head: string;
  /** The newest signature of a head of this run; null before the run has ended. */
  signature: SignatureView | null;
  /** Whether the head is kept where nobody who can write to the table can. */
  anchored: false;
  errors: readonly LedgerError[];
  /** Of a run with more commits than one answer looks at: `after` of the next part. */
  nextCursor: string | null;
}>;

const PAGE = 500;
/** Commits that one answer verifies: a run may have a hundred thousand events. */
export const VERIFIED_COMMITS_MAX = 5_000;
const ERRORS_MAX = 100;

/**
 * Recomputes the chain from what is stored and names the event at which it breaks.
 *
 * `prev_hash_mismatch`: a commit is missing or out of order. `record_hash_mismatch`: what a commit
 * says of itself was altered. `content_mismatch`: its content was. `seq_gap`: events are missing.
 * `types_mismatch`: the events are not those that the chain covers. `tail_missing`: lists show a
 * later commit than the last one that is there. `signature_mismatch`: the chain is not the one
 * whose head was signed. `signature_invalid`, `signature_key_unknown`: no key of ours signed it.
 *
 * A long log is verified in parts. A part begins with the hash of the commit before it, which the
 * part before has verified; lists and signature are held against the last one.
 */
export async function verifyLedger(
  deps: EngineDeps,
  key: RunKey,
  after = 0,
): Promise<Result<Verified>> {
  const hash = (text: string) => Buffer.from(deps.hash(text), "hex").toString("base64url");
  const errors: LedgerError[] = [];
  // Read first: what is signed later would be of a head that is not read yet.
  const signed = await deps.table.get(rows.signature(key.tenant, key.runId));
  const before = after === 0 ? undefined : await commitWith(deps.log, key, after);
  let seen = before?.last ?? 0;
  let head = before?.hash ?? "";
  let at = before?.at ?? 0;
  let looked = 0;
  let more = true;
  while (more && looked < VERIFIED_COMMITS_MAX && errors.length < ERRORS_MAX) {
    const page = await deps.log.read(key, seen, PAGE);
    for (const commit of page.commits) {
      if (commit.seq <= seen) continue;
      for (const type of faultsOf(commit, key.runId, head, seen + 1, hash)) {
        errors.push({ seq: commit.seq, type });
      }
      head = String(commit.item["hash"]);
      seen = commit.seq + commit.types.length - 1;
      ({ at } = commit);
    }
    looked += page.commits.length;
    ({ more } = page);
  }
  if (seen === 0) return refuse("NOT_FOUND", `there is no run ${key.runId}`);
  const part = { count: seen, head, anchored: false } as const;
  if (more && errors.length < ERRORS_MAX) {
    const isOk = errors.length === 0;
    return ok({ ok: isOk, ...part, signature: null, errors, nextCursor: String(seen) });
  }
  const shown = await deps.table.get(rows.head(key.tenant, key.runId));
  if (Number(shown?.["updatedAt"] ?? 0) > at) errors.push({ seq: seen + 1, type: "tail_missing" });
  const checked = signed && (await signatureOf(deps, key, signed));
  if (checked?.fault) errors.push({ seq: checked.signature?.count ?? seen, type: checked.fault });
  const signature = checked?.signature ?? null;
  return ok({ ok: errors.length === 0, ...part, signature, errors, nextCursor: null });
}

/** The commit that holds an event: its hash, and the number of its last event. */
async function commitWith(log: RunLog, key: RunKey, seq: number) {
  const [commit] = (await log.read(key, seq - 1, 1)).commits;
  if (!commit) return undefined;
  const last = commit.seq + commit.types.length - 1;
  return { last, hash: String(commit.item["hash"]), at: commit.at };
}

async function signatureOf(deps: EngineDeps, key: RunKey, signed: Item) {
  const count = Number(signed["count"]);
  const covered = count > 0 ? await commitWith(deps.log, key, count) : undefined;
  const found = covered?.last === count ? covered.hash : undefined;
  return checkSignature(deps, key, signed, found);
}

function faultsOf(
  commit: Commit,
  run: string,
  prev: string,
  expected: number,
  hash: (text: string) => string,
): readonly string[] {
  const { seq, at, types, item, events } = commit;
  const faults: string[] = [];
  if (seq !== expected) faults.push("seq_gap");
  if (String(item["prev"]) !== prev) faults.push("prev_hash_mismatch");
  const digest = String(item["digest"]);
  const skeleton = {
    version: 1,
    run,
    seq,
    types,
    at,
    actor: String(item["actor"]),
    prev: String(item["prev"]),
    digest,
  } as const;
  if (chainHash(skeleton, hash) !== String(item["hash"])) faults.push("record_hash_mismatch");
  if (item.content !== undefined && hash(contentOf(item.content)) !== digest) {
    faults.push("content_mismatch");
  }
  if (events && events.map((event) => event.type).join() !== types.join()) {
    faults.push("types_mismatch");
  }
  return faults;
}

/** The digest is over canonical JSON, whatever the order in which the row keeps it. */
function contentOf(content: string): string {
  return canonical(JSON.parse(content));
}
