import type { JsonObject } from "../kernel/json.ts";
import type { Result } from "./refusal.ts";
import type { Caller, Listing, Paging } from "./views.ts";

export type Limits = Readonly<{
  maxActiveRuns?: number | undefined;
  startsPerMinute?: number | undefined;
  maxConcurrentSteps?: number | undefined;
  maxPayloadBytes?: number | undefined;
  retention?: string | undefined;
  monthlyUsd?: number | undefined;
}>;

export type TenantView = Readonly<{
  id: string;
  name: string;
  limits: Limits;
  lane: "dedicated" | "shared";
  suspended?: boolean;
  createdAt: string;
  /** What is kept of it, and not acted upon by this version. Told when it is made. */
  warnings?: readonly string[];
}>;

/** What a PATCH says: what is absent stays, and a limit that is null is none from then on. */
export type TenantPatch = Readonly<{
  name?: string | undefined;
  suspended?: boolean | undefined;
  limits?: { readonly [Name in keyof Limits]: Limits[Name] | null } | undefined;
}>;

export type KeyView = Readonly<{
  id: string;
  name: string;
  role: Caller["role"];
  person?: string;
  actsFor?: boolean;
  workflows?: readonly string[];
  createdAt: string;
  expiresAt?: string;
  lastUsedAt?: string;
  /** The key that takes its place, once that was made. */
  rotatedTo?: string;
}>;

export type KeyRequest = Readonly<{
  name: string;
  role?: Caller["role"] | undefined;
  person?: string | undefined;
  actsFor?: boolean | undefined;
  /** Only these workflows exist for it. */
  workflows?: readonly string[] | undefined;
  /** A duration from now. */
  expiresIn?: string | undefined;
}>;

/** Tenants and keys: who may ask. `createKey` is the only place where a key is ever shown. */
export interface Access {
  /** The caller behind a bearer key; undefined for unknown, revoked and malformed ones alike. */
  authenticate(key: string): Promise<Caller | undefined>;
  isPlatformKey(key: string): boolean;
  createTenant(request: {
    name: string;
    limits?: Limits | undefined;
    lane?: "dedicated" | "shared" | undefined;
  }): Promise<TenantView>;
  tenant(id: string): Promise<Result<TenantView>>;
  updateTenant(id: string, patch: TenantPatch): Promise<Result<TenantView>>;
  /** Its keys are dead at once; what it owned is removed in the background. */
  deleteTenant(id: string): Promise<Result<null>>;
  tenants(paging: Paging): Promise<Listing<TenantView>>;
  createKey(tenant: string, request: KeyRequest): Promise<Result<KeyView & { key: string }>>;
  keys(tenant: string, paging: Paging): Promise<Listing<KeyView>>;
  /** A new key like it; the old one works on for `overlap`, a duration. */
  rotateKey(
    tenant: string,
    id: string,
    overlap?: string,
  ): Promise<Result<KeyView & { key: string }>>;
  revokeKey(tenant: string, id: string): Promise<Result<null>>;
}

/**
 * Answers of creating POSTs, kept for 24 h at least under (scope, Idempotency-Key). Runs do not
 * need it: their id is made from the key.
 */
export interface Replays {
  /** Claims the key, or says what became of its first use. */
  begin(
    scope: string,
    key: string,
    bodyHash: string,
  ): Promise<
    | { type: "first" }
    | { type: "replay"; status: number; body: JsonObject }
    | { type: "reused" }
    | { type: "in_flight" }
  >;
  finish(
    scope: string,
    key: string,
    bodyHash: string,
    status: number,
    body: JsonObject,
  ): Promise<void>;
  /** Gives the key up, after a refusal that changed nothing. */
  abandon(scope: string, key: string): Promise<void>;
}
