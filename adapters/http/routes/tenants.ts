import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import { Tenant, TenantList, TenantPatch, TenantRequest } from "../../../core/contract/tenants.ts";
import { ok } from "../../../core/engine/refusal.ts";
import { listed, replyOf, route } from "../route.ts";

export const tenantRoutes = [
  route({
    method: "POST",
    path: "/v1/tenants",
    operationId: "createTenant",
    tag: "Platform",
    summary: "Make a tenant",
    description: "A tenant sees only what is its own. Make a key for it next.",
    needs: "platform",
    body: TenantRequest,
    repeats: "replays",
    location: ({ id }) => `/v1/tenants/${String(id)}`,
    answers: [
      {
        status: 201,
        description: "The tenant.",
        schema: Tenant,
        headers: ["Location", "Idempotency-Replayed"],
      },
    ],
    refusals: [],
    handle: async ({ body }, { access }) => replyOf(ok(await access.createTenant(body)), 201),
  }),
  route({
    method: "GET",
    path: "/v1/tenants",
    operationId: "listTenants",
    tag: "Platform",
    summary: "List tenants",
    description: "All tenants of the deployment.",
    needs: "platform",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of tenants.", schema: TenantList }],
    refusals: [],
    handle: async ({ query }, { access }) => listed(await access.tenants(query)),
  }),
  route({
    method: "GET",
    path: "/v1/tenants/{id}",
    operationId: "getTenant",
    tag: "Platform",
    summary: "Read a tenant",
    description: "One tenant with its limits.",
    needs: "platform",
    params: { id: idOf("The tenant.", "ten_01hzy") },
    answers: [{ status: 200, description: "The tenant.", schema: Tenant }],
    refusals: ["NOT_FOUND"],
    handle: async ({ params }, { access }) => replyOf(await access.tenant(params.id)),
  }),
  route({
    method: "PATCH",
    path: "/v1/tenants/{id}",
    operationId: "updateTenant",
    tag: "Platform",
    summary: "Change a tenant",
    description:
      "Limits that are named are set, null removes one, the others stay. Limits count from then on: what is active already is not stopped.",
    needs: "platform",
    params: { id: idOf("The tenant.", "ten_01hzy") },
    body: TenantPatch,
    answers: [{ status: 200, description: "The tenant.", schema: Tenant }],
    refusals: ["NOT_FOUND"],
    handle: async ({ params, body }, { access }) =>
      replyOf(await access.updateTenant(params.id, body)),
  }),
  route({
    method: "DELETE",
    path: "/v1/tenants/{id}",
    operationId: "deleteTenant",
    tag: "Platform",
    summary: "Delete a tenant",
    description:
      "Its keys stop working, its runs are cancelled, and everything it owns is removed in the background. There is no way back.",
    needs: "platform",
    params: { id: idOf("The tenant.", "ten_01hzy") },
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND", "FORBIDDEN"],
    handle: async ({ params }, { access }) => replyOf(await access.deleteTenant(params.id), 204),
  }),
];
