import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  ForkPoint,
  ForkPreview,
  Run,
  Snapshot,
  SnapshotQuery,
  SnapshotRequest,
} from "./wire.ts";

const of = (template: string, id: string, more = {}) => pathOf(template, { id, ...more });

/** How runs were, and other runs that begin there. */
export function runHistory(transport: Transport) {
  const { send } = transport;
  return {
    /** Another run begins where this one stood. */
    fork: (id: string, at: ForkPoint): Promise<Run> =>
      send("POST", of("/v1/runs/{id}/fork", id), { body: at }),
    /** The effects that a fork might have again; nothing happens. */
    forkPreview: (id: string, { at }: ForkPoint): Promise<ForkPreview> =>
      send("POST", of("/v1/runs/{id}/fork", id), { body: { at, dryRun: true } }),
    /** As it was after an event, by its number, or at a snapshot. */
    state: (id: string, at: number | string): Promise<Run> =>
      send("GET", of("/v1/runs/{id}/state", id), { query: { at } }),
    snapshot: (id: string, about: SnapshotRequest): Promise<Snapshot> =>
      send("POST", of("/v1/runs/{id}/snapshots", id), { body: about }),
    snapshots: (id: string, query: SnapshotQuery = {}): Listing<Snapshot> =>
      listing(transport, of("/v1/runs/{id}/snapshots", id), query),
    forgetSnapshot: (id: string, name: string): Promise<void> =>
      send("DELETE", of("/v1/runs/{id}/snapshots/{name}", id, { name })),
  };
}
