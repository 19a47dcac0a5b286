import { instantText } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Table } from "../../ports/table.ts";
import { dueAt, dueShard, rows } from "../../store/rows.ts";
import type { DueHandler } from "../fire-due.ts";
import type { Caller } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";

export interface Tickets {
  issue(caller: Caller): Promise<{ ticket: string; expiresAt: string }>;
  /** Whose ticket it is; undefined when it is none, was used, is too old, or its key is revoked. */
  redeem(ticket: string): Promise<{ tenant: string; keyId: string } | undefined>;
}

export const TICKET_MS = 60_000;

type TicketDeps = Pick<FanOutDeps, "table" | "clock" | "hash" | "randomness">;

/** Tickets open one connection each, so that no key is ever part of a URL, which logs keep. */
export function ticketsOf({ table, clock, hash, randomness }: TicketDeps): Tickets {
  return {
    async issue({ tenant, keyId }) {
      const ticket = `tkt_${randomness.hex()}${randomness.hex()}`;
      const digest = hash(ticket);
      const expiresAt: Instant = clock.now() + TICKET_MS;
      const item = {
        ...rows.ticket(digest),
        kind: "ticket",
        tenant,
        keyId,
        expires: expiresAt,
        dueShard: dueShard(digest),
        dueAt: dueAt(expiresAt, `ticket#${digest}`),
      };
      await table.write([{ type: "put", item, when: { type: "absent" } }]);
      return { ticket, expiresAt: instantText(expiresAt) };
    },

    async redeem(ticket) {
      if (!/^tkt_[0-9a-f]{64}$/.test(ticket)) return undefined;
      const key = rows.ticket(hash(ticket));
      const item = await table.get(key);
      if (!item) return undefined;
      // Of two who come with it, one removes it.
      const taken = await table.write([{ type: "remove", key, when: { type: "present" } }]);
      if (!taken.ok || Number(item["expires"]) <= clock.now()) return undefined;
      const tenant = String(item["tenant"]);
      const keyId = String(item["keyId"]);
      const stillThere = await table.get(rows.keyOfTenant(tenant, keyId));
      return stillThere ? { tenant, keyId } : undefined;
    },
  };
}

/** Tickets that nobody used. */
export function ticketsDue(table: Table): DueHandler {
  return {
    async fire({ pk, sk }) {
      await table.write([{ type: "remove", key: { pk, sk } }]);
    },
  };
}
