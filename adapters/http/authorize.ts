import type { Access } from "../../core/engine/access.ts";
import type { Caller } from "../../core/engine/views.ts";
import { type Checked, refused } from "./problem.ts";
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

/** The caller behind the bearer key, if its role may do what the route needs. */
export async function authorize(
  header: string | undefined,
  need: Need,
  access: Access,
): Promise<Checked<Caller | undefined>> {
  if (need === "nothing") return { ok: true, value: undefined };
  const key = bearer(header);
  if (key === undefined) return unauthenticated("Send `Authorization: Bearer hf_…`.", "");
  if (need === "platform") return platform(key, access);

  const caller = await access.authenticate(key);
  if (caller === undefined) {
    return access.isPlatformKey(key)
      ? refused("FORBIDDEN", "The platform key makes tenants and keys; it has no tenant itself.")
      : unauthenticated("The key is unknown or revoked.", ', error="invalid_token"');
  }
  if (MAY[caller.role].has(need)) return { ok: true, value: caller };
  const roles = rolesFor(need).join(" or ");
  return refused("FORBIDDEN", `A key of role ${caller.role} may not do this; ${roles} may.`);
}

async function platform(key: string, access: Access): Promise<Checked<undefined>> {
  if (access.isPlatformKey(key)) return { ok: true, value: undefined };
  return (await access.authenticate(key)) === undefined
    ? unauthenticated("The key is unknown or revoked.", ', error="invalid_token"')
    : refused("FORBIDDEN", "Only the platform key may do this.");
}

function bearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}

function unauthenticated(message: string, more: string) {
  return refused("UNAUTHENTICATED", message, {
    headers: { "www-authenticate": `Bearer realm="holdfast"${more}` },
  });
}
