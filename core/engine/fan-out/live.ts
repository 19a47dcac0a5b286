import type { Line } from "../../ports/senders.ts";
import type { Committed } from "../../store/commit.ts";
import type { Subscription } from "../../store/connections.ts";
import { wantsType } from "../../store/wants-type.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import { eventPages } from "./event-pages.ts";
import { owe } from "./line.ts";
import { forget, type LiveDeps, lineDeps } from "./live-deps.ts";
import { pushLine } from "./push-line.ts";
import { type Subscribing, subscribe } from "./subscribe.ts";

/** The WebSocket of a deployment, without its wires: connections, subscriptions and pushes. */
export interface Live {
  open(connection: string, ticket: string): Promise<Result<null>>;
  subscribe(connection: string, request: Subscribing): Promise<void>;
  unsubscribe(connection: string, id: string): Promise<void>;
  ping(connection: string, id: string | undefined): Promise<void>;
  /** The connection is no more. */
  closed(connection: string): Promise<void>;
  /** Tells those who listen of a commit; undefined when nobody does. */
  committed(commit: Committed): Promise<void> | undefined;
  /** Closes the connections of a key. */
  revoked(tenant: string, keyId: string): Promise<void>;
  push(line: Line, until: number): Promise<void>;
}

/** Of one tenant; each may be idle for hours. */
export const SOCKETS_MAX = 1_000;
/** RFC 6455: what was asked for breaks a rule of ours. */
export const POLICY_VIOLATION = 1008;

export function liveOf(given: Omit<LiveDeps, "pages">): Live {
  const deps: LiveDeps = { ...given, pages: eventPages(given) };
  const send = (connection: string, frame: object) =>
    deps.sockets.send(connection, JSON.stringify(frame));

  return {
    async open(id, ticket) {
      const whose = await deps.tickets.redeem(ticket);
      if (!whose) return refuse("TICKET_INVALID", "the ticket is none, was used, or is too old");
      const connection = { id, ...whose, openedAt: deps.clock.now() };
      if (await deps.connections.add(connection, SOCKETS_MAX)) return ok(null);
      const message = `a tenant has at most ${SOCKETS_MAX} connections at once`;
      return refuse("LIMIT_REACHED", message, { data: { limit: "sockets", max: SOCKETS_MAX } });
    },

    async subscribe(id, request) {
      const connection = await deps.connections.get(id);
      if (connection) await subscribe(deps, connection, request);
    },

    async unsubscribe(connectionId, id) {
      const connection = await deps.connections.get(connectionId);
      if (!connection) return;
      const gone = await deps.connections.unsubscribe(connection, id);
      if (gone) await deps.lines.removeAll(gone);
      await send(connectionId, { type: "unsubscribed", subscription: id });
    },

    async ping(connection, id) {
      await send(connection, { type: "pong", ...(id !== undefined && { id }) });
    },

    closed: (connection) => forget(deps, connection),
    committed: (commit) => committed(deps, commit),

    async revoked(tenant, keyId) {
      for (const { id } of await deps.connections.ofKey(tenant, keyId)) {
        await deps.sockets.close(id, POLICY_VIOLATION, "the key was revoked");
        await forget(deps, id);
      }
    },

    push: (line, until) => pushLine(deps, line, until),
  };
}

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

function committed(deps: LiveDeps, commit: Committed): Promise<void> | undefined {
  const known = deps.connections.remembered(commit.tenant);
  if (known) return tellAll(deps, commit, known);
  return deps.connections.ofTenant(commit.tenant).then((all) => tellAll(deps, commit, all));
}

function tellAll(
  deps: LiveDeps,
  commit: Committed,
  subscriptions: readonly Subscription[],
): Promise<void> | undefined {
  const hearing = subscriptions.filter((one) => hears(one, commit));
  return hearing.length === 0 ? undefined : tellEach(deps, commit, hearing);
}

/** An end is told whatever the types: it is a frame of its own. */
function hears({ runs, types }: Subscription, commit: Committed): boolean {
  if (runs !== "*" && !runs.includes(commit.runId)) return false;
  return commit.types.some((type) => ENDS.has(type) || wantsType(types, type));
}

async function tellEach(
  deps: LiveDeps,
  { tenant, runId, lastSeq }: Committed,
  subscriptions: readonly Subscription[],
): Promise<void> {
  await Promise.all(
    subscriptions.map(async ({ subscriber }) => {
      const line = { tenant, subscriber, runId };
      if (await owe(lineDeps(deps), line, lastSeq)) await deps.owed(line);
    }),
  );
}
