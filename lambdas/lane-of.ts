import { digest } from "../adapters/aws/digest.ts";
import type { Table } from "../core/ports/table.ts";
import { tenantStore } from "../core/store/tenants.ts";

const REMEMBERED_MS = 60_000;
const REMEMBERED_MAX = 10_000;

/**
 * The URL of a tenant's lane: its own, or one of the shared ones; undefined while it is being made
 * or when there is no such tenant.
 *
 * A tenant stays on the same shared lane when others are added, but for those that the new lane
 * wins: two lanes at a time would mean two drivers of one run.
 */
export function laneOf({ table, shared }: { table: Table; shared: readonly string[] }) {
  const tenants = tenantStore(table);
  const known = new Map<string, { lane: string; until: number }>();

  return async (id: string): Promise<string | undefined> => {
    const hit = known.get(id);
    if (hit && performance.now() < hit.until) return hit.lane;
    const tenant = await tenants.get(id);
    if (!tenant || tenant.state === "opening") return undefined;
    const lane = tenant.address ?? sharedLane(id, shared);
    if (lane === undefined) return undefined;
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(id, { lane, until: performance.now() + REMEMBERED_MS });
    return lane;
  };
}

/** The lane that has drawn the highest number for this tenant. */
function sharedLane(tenant: string, lanes: readonly string[]): string | undefined {
  let best: string | undefined;
  let highest = "";
  for (const lane of lanes) {
    const drawn = digest(`${tenant} ${lane}`);
    if (drawn <= highest) continue;
    highest = drawn;
    best = lane;
  }
  return best;
}
