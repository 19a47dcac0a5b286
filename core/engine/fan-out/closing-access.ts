import type { Access } from "../access.ts";
import type { Live } from "./live.ts";

/** Keys whose connections end with them. */
export function closingAccess<Given extends Access>(access: Given, live: Pick<Live, "revoked">) {
  return {
    ...access,
    async revokeKey(tenant: string, id: string) {
      const revoked = await access.revokeKey(tenant, id);
      if (revoked.ok) await live.revoked(tenant, id);
      return revoked;
    },
  };
}
