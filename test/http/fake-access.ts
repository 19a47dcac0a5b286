import type { Access, KeyView, Replays, TenantView } from "../../core/engine/access.ts";
import { ok, refuse } from "../../core/engine/refusal.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import { AT } from "./fake-engine.ts";

/** Keys are `hf_<role>` of the tenant acme, and `hf_other` of another tenant. */
export function fakeAccess(): Access {
  const tenants = new Map<string, TenantView>();
  const keys: KeyView[] = [];
  return {
    authenticate: async (key) => {
      if (key === "hf_other") return callerOf("other", "operator");
      const role = /^hf_(admin|operator|approver|viewer|worker)$/.exec(key)?.[1];
      return role === undefined ? undefined : callerOf("acme", role as Caller["role"]);
    },
    isPlatformKey: (key) => key === "hf_platform",
    createTenant: async ({ name, limits = {}, lane = "shared" }) => {
      const tenant = { id: `ten_${tenants.size + 1}`, name, limits, lane, createdAt: AT };
      tenants.set(tenant.id, tenant);
      return tenant;
    },
    tenant: async (id) => {
      const tenant = tenants.get(id);
      return tenant ? ok(tenant) : refuse("NOT_FOUND", `There is no tenant ${id}.`);
    },
    updateTenant: async (id, { name }) => {
      const tenant = tenants.get(id);
      if (!tenant) return refuse("NOT_FOUND", `There is no tenant ${id}.`);
      const changed = { ...tenant, ...(name !== undefined && { name }) };
      tenants.set(id, changed);
      return ok(changed);
    },
    deleteTenant: async (id) =>
      tenants.delete(id) ? ok(null) : refuse("NOT_FOUND", `There is no tenant ${id}.`),
    tenants: async () => ({ data: [...tenants.values()], nextCursor: null }),
    createKey: async (tenant, { name, role = "operator" }) => {
      if (tenant !== "acme" && !tenants.has(tenant)) return refuse("NOT_FOUND", "No tenant.");
      const view = { id: `key_${keys.length + 1}`, name, role, createdAt: AT };
      keys.push(view);
      return ok({ ...view, key: "hf_shown_once" });
    },
    keys: async () => ({ data: keys, nextCursor: null }),
    rotateKey: async (_tenant, id) => {
      const old = keys.find((key) => key.id === id);
      if (!old) return refuse("NOT_FOUND", `There is no key ${id}.`);
      const view = { ...old, id: `key_${keys.length + 1}` };
      keys.push(view);
      return ok({ ...view, key: "hf_shown_once" });
    },
    revokeKey: async (_tenant, id) =>
      keys.some((key) => key.id === id) ? ok(null) : refuse("NOT_FOUND", `There is no key ${id}.`),
  };
}

function callerOf(tenant: string, role: Caller["role"]): Caller {
  return { tenant, role, keyId: `key_${role}`, actsFor: role === "admin" };
}

export function fakeReplays(): Replays {
  type Kept = { bodyHash: string; answer?: { status: number; body: JsonObject } };
  const kept = new Map<string, Kept>();
  return {
    begin: async (scope, key, bodyHash) => {
      const before = kept.get(`${scope} ${key}`);
      if (!before) {
        kept.set(`${scope} ${key}`, { bodyHash });
        return { type: "first" };
      }
      if (before.bodyHash !== bodyHash) return { type: "reused" };
      return before.answer ? { type: "replay", ...before.answer } : { type: "in_flight" };
    },
    finish: async (scope, key, bodyHash, status, body) => {
      kept.set(`${scope} ${key}`, { bodyHash, answer: { status, body } });
    },
    abandon: async (scope, key) => {
      kept.delete(`${scope} ${key}`);
    },
  };
}

export function fakeSecrets(): Secrets {
  const kept = new Map<string, string>();
  return {
    put: async (tenant, name, value) => {
      kept.set(`${tenant}/${name}`, value);
    },
    get: async (tenant, name) => kept.get(`${tenant}/${name}`),
    names: async (tenant) =>
      [...kept.keys()]
        .filter((k) => k.startsWith(`${tenant}/`))
        .map((k) => k.slice(tenant.length + 1)),
    remove: async (tenant, name) => kept.delete(`${tenant}/${name}`),
  };
}
