import type { Caller } from "../engine/engine.ts";
import type { Clock } from "../ports/clock.ts";
import type { Table } from "../ports/table.ts";

export type AccessDeps = Readonly<{
  table: Table;
  clock: Clock;
  /** SHA-256 as lower-case hex. */
  hash: (text: string) => string;
  /** 32 random bytes as 43 characters of base64url. */
  randomKey: () => string;
  /** A new id that sorts by time: the prefix and a UUIDv7. */
  newId: (prefix: string) => string;
  platformKeyHash: string;
}>;

export type FixedKey = Readonly<{ id: string; name: string; role: Caller["role"]; key: string }>;
