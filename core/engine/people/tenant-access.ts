import { instantText } from "../../kernel/duration.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Table } from "../../ports/table.ts";
import type { TenantRecord } from "../../store/access-records.ts";
import { type TenantStore, tenantStore } from "../../store/tenants.ts";
import type { Access, Limits, TenantPatch, TenantView } from "../access.ts";
import { ok, refuse } from "../refusal.ts";
import type { OwnLanes } from "./own-lanes.ts";

export type TenantAccessDeps = Readonly<{
  table: Table;
  clock: Clock;
  newId: (prefix: string) => string;
  /** Absent where tenants have no queues of their own, as on a laptop. */
  ownLanes?: OwnLanes;
}>;

export const NO_TENANT = refuse("NOT_FOUND", "There is no such tenant.");
/** How long a request may take to finish what it has begun, before the sweep does. */
const FINISH_MS = 60_000;
const CHANGES_TRIES_MAX = 5;

type TenantKeys = Readonly<{ dropKeys(tenant: string): Promise<boolean>; forgetKeys(): void }>;

/** Tenants on the table; the lane of one that has its own is opened before its first run. */
export function tenantAccess(deps: TenantAccessDeps, keys: TenantKeys) {
  const { clock, newId, ownLanes } = deps;
  const tenants = tenantStore(deps.table);
  const needsLane = (lane: TenantRecord["lane"]) => ownLanes !== undefined && lane === "dedicated";

  async function add(tenant: Pick<TenantRecord, "id" | "name" | "limits" | "lane">) {
    const createdAt = instantText(clock.now());
    if (!needsLane(tenant.lane)) return tenants.add({ ...tenant, createdAt, state: "open" });
    const opening = { ...tenant, createdAt, state: "opening", revision: 1 } as const;
    // Before there is anything outside of the table, there is a row that says what is to be made.
    const added = await tenants.add(opening, clock.now() + FINISH_MS);
    await ownLanes?.finishSoon(added);
    return added;
  }

  return {
    async createTenant({ name, limits = {}, lane = "dedicated" }) {
      return viewOf(await add({ id: newId("ten_"), name, limits, lane }));
    },

    async tenant(id) {
      const found = await tenants.get(id);
      return found ? ok(viewWithoutWarnings(found)) : NO_TENANT;
    },

    async tenants(paging) {
      const { data, nextCursor } = await tenants.list(paging);
      return { data: data.map(viewWithoutWarnings), nextCursor };
    },

    async updateTenant(id, patch) {
      const changed = await change(deps, tenants, id, patch);
      if (!changed) return NO_TENANT;
      if (patch.suspended !== undefined) keys.forgetKeys();
      if (changed.state !== "open") await ownLanes?.finishSoon(changed);
      return ok(viewOf(changed));
    },

    async deleteTenant(id) {
      const closed = await close(deps, tenants, id);
      if (closed !== "closed") return closed;
      await keys.dropKeys(id);
      return ok(null);
    },

    ensureTenant: async (id: string, name: string) =>
      viewOf(await add({ id, name, limits: {}, lane: "dedicated" })),
  } satisfies Partial<Access & { ensureTenant(id: string, name: string): Promise<TenantView> }>;
}

/** Nobody else's change is undone: what was read is what is replaced, or it is read again. */
async function change(
  { clock, ownLanes }: TenantAccessDeps,
  tenants: TenantStore,
  id: string,
  patch: TenantPatch,
): Promise<TenantRecord | undefined> {
  for (let tries = 1; ; tries++) {
    const old = await tenants.get(id);
    if (!old) return undefined;
    const next = patched(old, patch);
    const touchesLane = ownLanes !== undefined && old.address !== undefined;
    const state = touchesLane && old.state === "open" ? "changing" : old.state;
    const due = state === "open" ? undefined : clock.now() + FINISH_MS;
    const tenant = { ...next, state };
    if (await tenants.replace(old, tenant, due)) {
      return { ...tenant, revision: (old.revision ?? 0) + 1 };
    }
    if (tries === CHANGES_TRIES_MAX) throw new Error(`tenant ${id} is changed all the time`);
  }
}

async function close({ clock }: TenantAccessDeps, tenants: TenantStore, id: string) {
  for (let tries = 1; ; tries++) {
    const old = await tenants.get(id);
    if (!old) return NO_TENANT;
    if (!id.startsWith("ten_")) {
      return refuse("FORBIDDEN", `Tenant ${id} is the server's own and lives as long as it does.`);
    }
    if (await tenants.close(old, clock.now())) return "closed" as const;
    if (tries === CHANGES_TRIES_MAX) throw new Error(`tenant ${id} is changed all the time`);
  }
}

function patched(
  { suspended: was = false, ...old }: TenantRecord,
  { name = old.name, limits = {}, suspended = was }: TenantPatch,
): TenantRecord {
  const merged = Object.entries({ ...old.limits, ...limits });
  const left = merged.filter(([, value]) => value !== null && value !== undefined);
  const kept = Object.fromEntries(left) as TenantRecord["limits"];
  return { ...old, name, limits: kept, ...(suspended && { suspended }) };
}

function viewWithoutWarnings(tenant: TenantRecord): TenantView {
  const { id, name, limits, lane, suspended, createdAt } = tenant;
  return { id, name, limits, lane, ...(suspended && { suspended }), createdAt };
}

function viewOf(tenant: TenantRecord): TenantView {
  const warnings = unheeded(tenant.limits);
  return { ...viewWithoutWarnings(tenant), ...(warnings.length > 0 && { warnings }) };
}

/** The limits that hold. */
const HELD = new Set([
  "maxActiveRuns",
  "maxPayloadBytes",
  "startsPerMinute",
  "maxConcurrentSteps",
  "monthlyUsd",
]);

function unheeded(limits: Limits): readonly string[] {
  return Object.entries(limits)
    .filter(([name, value]) => value !== undefined && !HELD.has(name))
    .map(([name]) => `${name} is kept, and this version does not act upon it`);
}
