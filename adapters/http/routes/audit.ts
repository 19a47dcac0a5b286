import { AuditList, AuditQuery } from "../../../core/contract/audit.ts";
import { PLATFORM } from "../../../core/engine/audit.ts";
import { replyOf, route } from "../route.ts";

const A_PAGE = { status: 200, description: "A page of entries.", schema: AuditList } as const;

export const auditRoutes = [
  route({
    method: "GET",
    path: "/v1/audit",
    operationId: "listAudit",
    tag: "Audit",
    summary: "List what was asked to be changed",
    description:
      "Every request that was to change something, and every one that a role did not allow: who, " +
      "what, when, from where, and what became of it. Newest first, 400 days.",
    needs: "administer",
    query: AuditQuery,
    paged: true,
    answers: [A_PAGE],
    refusals: [],
    handle: async ({ caller, query: { limit, cursor, ...filter } }, { audit }) =>
      replyOf(await audit.list(caller.tenant, filter, { limit, cursor })),
  }),
  route({
    method: "GET",
    path: "/v1/platform/audit",
    operationId: "listPlatformAudit",
    tag: "Platform",
    summary: "List what the platform key changed",
    description: "Tenants and their first keys, as `/v1/audit` tells it of a tenant.",
    needs: "platform",
    query: AuditQuery,
    paged: true,
    answers: [A_PAGE],
    refusals: [],
    handle: async ({ query: { limit, cursor, ...filter } }, { audit }) =>
      replyOf(await audit.list(PLATFORM, filter, { limit, cursor })),
  }),
];
