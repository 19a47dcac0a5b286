import type { Clock } from "../../ports/clock.ts";
import type { Lanes } from "../../ports/lanes.ts";
import type { Table } from "../../ports/table.ts";
import type { TenantData } from "../../ports/tenant-data.ts";
import type { ClosingTenant } from "../../store/access-records.ts";
import { tenantStore } from "../../store/tenants.ts";

export type CloseTenantDeps = Readonly<{
  table: Table;
  clock: Clock;
  lanes?: Lanes;
  /** Every store that may hold something of a tenant. */
  data: readonly TenantData[];
  /** Makes its keys dead; true once there are none. */
  dropKeys(tenant: string): Promise<boolean>;
  /** Cancels a page of its active runs; true once there are none. */
  cancelRuns(tenant: string): Promise<boolean>;
  /** Real milliseconds. */
  elapsed(): number;
}>;

/** How long one turn may take, so that a big tenant does not keep others from being swept. */
const TURN_MS = 15_000;
/** Longer than any driver, request or key that is believed without a look can go on. */
const AGAIN_MS = 3_600_000;
const PASSES = 2;

/**
 * Removes what a deleted tenant owned, one turn at a time.
 *
 * The row says how far it has come, so a crash repeats a page at most. Everything is gone through
 * twice, the second time when whatever was under way has ended: it may have written meanwhile.
 */
export async function closeTenant(deps: CloseTenantDeps, id: string): Promise<void> {
  const tenants = tenantStore(deps.table);
  const found = await tenants.closing(id);
  if (!found) return;
  const end = deps.elapsed() + TURN_MS;
  let closing: ClosingTenant | undefined = found;
  let due = deps.clock.now();
  do {
    const next = await step(deps, closing);
    if (next === "again") continue;
    if (next === "passed") {
      const pass: number = closing.pass + 1;
      due = deps.clock.now() + AGAIN_MS;
      closing = pass > PASSES ? undefined : { ...withoutPlace(closing), pass, stage: 0 };
      break;
    }
    closing = next;
  } while (deps.elapsed() < end);
  await tenants.closeOn(id, closing, due);
}

/** Keys, runs and lane come first: then nothing new is made while the stores are emptied. */
async function step(
  deps: CloseTenantDeps,
  closing: ClosingTenant,
): Promise<ClosingTenant | "again" | "passed"> {
  const { tenant, stage, from } = closing;
  const beyond = { ...withoutPlace(closing), stage: stage + 1 };
  switch (stage) {
    case 0:
      return (await deps.dropKeys(tenant)) ? beyond : "again";
    case 1:
      return (await deps.cancelRuns(tenant)) ? beyond : "again";
    case 2:
      await closeLane(deps, closing);
      return beyond;
    default: {
      const store = deps.data[stage - 3];
      if (!store) return "passed";
      const { next } = await store.removeSome(tenant, from);
      return next === undefined ? beyond : { ...closing, from: next };
    }
  }
}

async function closeLane({ lanes }: CloseTenantDeps, closing: ClosingTenant): Promise<void> {
  const { tenant, address, connection } = closing;
  const lane = address === undefined ? undefined : { address };
  await lanes?.close(tenant, lane && { ...lane, ...(connection !== undefined && { connection }) });
}

function withoutPlace({ from: _from, ...closing }: ClosingTenant): ClosingTenant {
  return closing;
}
