import type { Access } from "../../core/engine/access.ts";
import type { Caller } from "../../core/engine/views.ts";
import { type Refused, refused } from "./problem.ts";
import type { Need } from "./route.ts";

/** What each role may. Workers only fetch and report jobs, and so does nobody else by mistake. */
const MAY: Readonly<Record<Caller["role"], ReadonlySet<Need>>> = {
  admin: new Set<Need>(["read", "decide", "operate", "work", "administer"]),
  operator: new Set<Need>(["read", "decide", "operate"]),
  approver: new Set<Need>(["read", "decide"]),
  viewer: new Set<Need>(["read"]),
  worker: new Set<Need>(["work"]),
};

export function rolesFor(need: Need): readonly Caller["role"][] {
  return (Object.keys(MAY) as Caller["role"][]).filter((role) => MAY[role].has(need));
}

/** Who asks, if a key told it, and why they may not, if they may not. */
export type Authorized = Readonly<{ caller?: Caller; refusal?: Refused }>;

/** The caller behind the bearer key, and whether its role may do what the route needs. */
export async function authorize(
  header: string | undefined,
  need: Need,
  access: Access,
): Promise<Authorized> {
  if (need === "nothing") return {};
  const key = bearer(header);
  if (key === undefined) return unauthenticated("Send `Authorization: Bearer hf_…`.", "");
  if (need === "platform") return platform(key, access);

  const caller = await access.authenticate(key);
  if (caller === undefined) {
    return access.isPlatformKey(key)
      ? forbidden("The platform key makes tenants and keys; it has no tenant itself.")
      : unauthenticated("The key is unknown or revoked.", ', error="invalid_token"');
  }
  if (MAY[caller.role].has(need))
    return isHeld(caller, need) ? { caller, ...SUSPENDED } : { caller };
  const roles = rolesFor(need).join(" or ");
  return { caller, ...forbidden(`A key of role ${caller.role} may not do this; ${roles} may.`) };
}

function isHeld({ suspended }: Caller, need: Need): boolean {
  return suspended === true && need !== "read";
}

const SUSPENDED = {
  refusal: refused("TENANT_SUSPENDED", "The tenant is suspended: its keys may only read.").refusal,
};

async function platform(key: string, access: Access): Promise<Authorized> {
  if (access.isPlatformKey(key)) return {};
  const caller = await access.authenticate(key);
  return caller === undefined
    ? unauthenticated("The key is unknown or revoked.", ', error="invalid_token"')
    : { caller, ...forbidden("Only the platform key may do this.") };
}

function forbidden(message: string): Pick<Authorized, "refusal"> {
  return { refusal: refused("FORBIDDEN", message).refusal };
}

function bearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}

function unauthenticated(message: string, more: string): Authorized {
  const headers = { "www-authenticate": `Bearer realm="holdfast"${more}` };
  return { refusal: refused("UNAUTHENTICATED", message, { headers }).refusal };
}
