import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import { KeyCreated, KeyList, KeyRequest, RotateRequest } from "../../../core/contract/keys.ts";
import { listed, replyOf, route } from "../route.ts";

const CREATED = {
  status: 201,
  description: "The key, shown this once.",
  schema: KeyCreated,
  headers: ["Location", "Idempotency-Replayed"],
} as const;

const locationOf = (value: Readonly<Record<string, unknown>>) => `/v1/keys/${String(value["id"])}`;

export const keyRoutes = [
  route({
    method: "GET",
    path: "/v1/keys",
    operationId: "listKeys",
    tag: "Keys",
    summary: "List keys",
    description: "The tenant's keys, without what they open with.",
    needs: "administer",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of keys.", schema: KeyList }],
    refusals: [],
    handle: async ({ caller, query }, { access }) =>
      listed(await access.keys(caller.tenant, query)),
  }),
  route({
    method: "POST",
    path: "/v1/keys",
    operationId: "createKey",
    tag: "Keys",
    summary: "Make a key",
    description: "Only a hash of the key is stored. A replayed answer comes without `key`.",
    needs: "administer",
    body: KeyRequest,
    repeats: "replays",
    shownOnce: "key",
    location: locationOf,
    answers: [CREATED],
    refusals: [],
    handle: async ({ caller, body }, { access }) =>
      replyOf(await access.createKey(caller.tenant, body), 201),
  }),
  route({
    method: "POST",
    path: "/v1/keys/{id}/rotate",
    operationId: "rotateKey",
    tag: "Keys",
    summary: "Change a key over",
    description:
      "Makes a key that may the same. The old one works on until both sides have changed over.",
    needs: "administer",
    params: { id: idOf("The key's id.", "key_01hzy") },
    body: RotateRequest,
    bodyOptional: true,
    repeats: "replays",
    shownOnce: "key",
    location: locationOf,
    answers: [CREATED],
    refusals: ["NOT_FOUND", "FORBIDDEN"],
    handle: async ({ caller, params, body }, { access }) =>
      replyOf(await access.rotateKey(caller.tenant, params.id, body.overlap), 201),
  }),
  route({
    method: "DELETE",
    path: "/v1/keys/{id}",
    operationId: "revokeKey",
    tag: "Keys",
    summary: "Revoke a key",
    description: "Takes effect within 60 seconds everywhere.",
    needs: "administer",
    params: { id: idOf("The key's id.", "key_01hzy") },
    answers: [{ status: 204, description: "It opens nothing any more." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { access }) =>
      replyOf(await access.revokeKey(caller.tenant, params.id), 204),
  }),
  route({
    method: "POST",
    path: "/v1/tenants/{id}/keys",
    operationId: "createTenantKey",
    tag: "Platform",
    summary: "Make a key for a tenant",
    description: "How a tenant gets its first key. A replayed answer comes without `key`.",
    needs: "platform",
    params: { id: idOf("The tenant.", "ten_01hzy") },
    body: KeyRequest,
    repeats: "replays",
    shownOnce: "key",
    location: locationOf,
    answers: [CREATED],
    refusals: ["NOT_FOUND"],
    handle: async ({ params, body }, { access }) =>
      replyOf(await access.createKey(params.id, body), 201),
  }),
];
