import type { JsonObject } from "../kernel/json.ts";
import type { Clock } from "../ports/clock.ts";
import type { Condition, Item, Table } from "../ports/table.ts";
import { expiring, rows } from "./rows.ts";

const KEPT_MS = 24 * 3_600_000;
/** No request lives longer, so a claim this old was left by a process that died. */
const CLAIM_MS = 60_000;
const RACES_MAX = 3;

/** What became of a key's first use. */
export type Begun =
  | Readonly<{ type: "first" }>
  | Readonly<{ type: "replay"; status: number; body: JsonObject }>
  | Readonly<{ type: "reused" }>
  | Readonly<{ type: "in_flight" }>;

/** The rows of the engine's `Replays`; what its methods promise is said there. */
export interface ReplayStore {
  begin(scope: string, key: string, bodyHash: string): Promise<Begun>;
  finish(
    scope: string,
    key: string,
    bodyHash: string,
    status: number,
    body: JsonObject,
  ): Promise<void>;
  abandon(scope: string, key: string): Promise<void>;
}

/**
 * Answers of creating requests, kept for a repeat of the same request.
 *
 * A claim is a row as well. Whoever finds one that is neither answered nor fresh may take it over:
 * its condition names the instant of the claim it replaces, so that of two takers one wins.
 */
export function tableReplays({ table, clock }: { table: Table; clock: Clock }): ReplayStore {
  async function claim(scope: string, key: string, bodyHash: string, when: Condition) {
    const now = clock.now();
    const item = {
      ...rows.replay(scope, key),
      state: "claimed",
      bodyHash,
      claimedAt: now,
      ...expiring(now + KEPT_MS),
    };
    return table.write([{ type: "put", item, when }]);
  }

  async function replay(scope: string, key: string, stored: Item | undefined): Promise<Begun> {
    let content = stored?.content ?? "{}";
    for (let index = 0; index < Number(stored?.["parts"] ?? 0); index++) {
      content += (await table.get(partKey(scope, key, index)))?.content ?? "";
    }
    const body = JSON.parse(content) as JsonObject;
    return { type: "replay", status: Number(stored?.["status"]), body };
  }

  return {
    async begin(scope, key, bodyHash) {
      let when: Condition = { type: "absent" };
      for (let race = 0; race < RACES_MAX; race++) {
        const written = await claim(scope, key, bodyHash, when);
        if (written.ok) return { type: "first" };

        const stored = await table.get(rows.replay(scope, key));
        const found = stored ? stateOf(stored, bodyHash, clock.now()) : "given up";
        if (found === "given up") when = { type: "absent" };
        else if (found === "stale") when = sameClaim(stored);
        else if (found === "done") return replay(scope, key, stored);
        else return found;
      }
      return { type: "in_flight" };
    },

    async finish(scope, key, bodyHash, status, body) {
      const now = clock.now();
      const expiry = expiring(now + KEPT_MS);
      const [content = "", ...rest] = partsOf(JSON.stringify(body));
      for (const [index, part] of rest.entries()) {
        const item = { ...partKey(scope, key, index), ...expiry, content: part };
        await table.write([{ type: "put", item }]);
      }
      const item = {
        ...rows.replay(scope, key),
        state: "done",
        bodyHash,
        claimedAt: now,
        ...expiry,
        status,
        content,
        ...(rest.length > 0 && { parts: rest.length }),
      };
      // Refused when a taker finished first: its answer is then the one that repeats will get.
      const when = { type: "is", attributes: { state: "claimed", bodyHash } } as const;
      await table.write([{ type: "put", item, when }]);
    },

    async abandon(scope, key) {
      const when = { type: "is", attributes: { state: "claimed" } } as const;
      await table.write([{ type: "remove", key: rows.replay(scope, key), when }]);
    },
  };
}

/** A row holds 400 KB, and a character is three bytes at most: an answer may need several rows. */
const PART_LENGTH = 100_000;

function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    // Both halves of a pair stay together, or a database would replace them.
    const splits = /[\ud800-\udbff]/.test(text.charAt(from + PART_LENGTH - 1));
    const to = from + PART_LENGTH - (splits ? 1 : 0);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

/** A key has no spaces, so this is nobody's. */
function partKey(scope: string, key: string, index: number) {
  return rows.replay(scope, `${key} ${index + 1}`);
}

function stateOf(item: Item, bodyHash: string, now: number): Begun | "stale" | "done" {
  if (now >= Number(item["expiresAt"])) return "stale";
  if (item["bodyHash"] !== bodyHash) return { type: "reused" };
  if (item["state"] === "done") return "done";
  return now - Number(item["claimedAt"]) >= CLAIM_MS ? "stale" : { type: "in_flight" };
}

function sameClaim(item: Item | undefined): Condition {
  return {
    type: "is",
    attributes: {
      state: String(item?.["state"]),
      claimedAt: Number(item?.["claimedAt"]),
    },
  };
}
