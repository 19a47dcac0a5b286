import type { Lane, Lanes } from "../../ports/lanes.ts";
import type { Log } from "../../ports/log.ts";
import type { Item, Table } from "../../ports/table.ts";
import { type TenantRecord, tenantRecord } from "../../store/access-records.ts";
import { tenantStore } from "../../store/tenants.ts";
import { workersOf } from "./worker-share.ts";

export interface OwnLanes {
  /** Opens or limits the tenant's lane; what fails is left to the row, which is due. */
  finishSoon(tenant: TenantRecord): Promise<void>;
  /** A row of a tenant is due: what was begun is finished, or thrown, and tried again. */
  finish(row: Item): Promise<void>;
}

/**
 * Lanes of tenants that have one of their own.
 *
 * The tenant's row says what was begun before anything outside of the table is touched, and is due
 * until it was done; each of the port's methods may be asked twice. So a crash anywhere leaves a
 * row that says what is left to do.
 */
export function ownLanes(deps: { table: Table; lanes: Lanes; log: Log }): OwnLanes {
  const { lanes, log } = deps;
  const tenants = tenantStore(deps.table);

  async function finish(tenant: TenantRecord): Promise<void> {
    const { id, limits, address, connection } = tenant;
    const stepsMax = limits["maxConcurrentSteps"];
    const wanted = {
      drivesMax: typeof stepsMax === "number" ? workersOf(stepsMax) : undefined,
    };
    let lane: Lane;
    if (address === undefined) lane = await lanes.open(id, wanted);
    else {
      lane = { address, ...(connection !== undefined && { connection }) };
      await lanes.limit(id, lane, wanted);
    }
    // Changed meanwhile, the row is due again and says what is to be done now.
    await tenants.replace(tenant, { ...tenant, ...lane, state: "open" });
  }

  return {
    async finishSoon(tenant) {
      try {
        await finish(tenant);
      } catch (error) {
        log.error("the lane of a tenant is not finished yet", {
          tenant: tenant.id,
          error: error instanceof Error ? error.message : String(error),
        });
      }
    },

    async finish(row) {
      // The index may lag: the row itself says what is still to do.
      const item = await deps.table.get({ pk: row.pk, sk: row.sk });
      const tenant = item && tenantRecord(item);
      if (tenant && tenant.state !== "open") await finish(tenant);
    },
  };
}
