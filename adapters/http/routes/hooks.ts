import * as z from "zod";
import { AnyJson, paging } from "../../../core/contract/fields.ts";
import {
  Hook,
  HookList,
  HookName,
  HookQuery,
  HookRequest,
  HookTaken,
} from "../../../core/contract/hooks.ts";
import { listed, replyOf, route } from "../route.ts";

const byName = { name: HookName };
const tag = "Hooks";

export const hookRoutes = [
  route({
    method: "GET",
    path: "/v1/hooks",
    operationId: "listHooks",
    tag,
    summary: "List hooks",
    description: "By name, without their secrets.",
    needs: "operate",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of hooks.", schema: HookList }],
    refusals: [],
    handle: async ({ caller, query }, { hooks }) => listed(await hooks.list(caller, query)),
  }),
  route({
    method: "GET",
    path: "/v1/hooks/{name}",
    operationId: "getHook",
    tag,
    summary: "Read a hook",
    description: "What its deliveries do.",
    needs: "operate",
    params: byName,
    answers: [{ status: 200, description: "The hook.", schema: Hook }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { hooks }) => replyOf(await hooks.get(caller, params.name)),
  }),
  route({
    method: "PUT",
    path: "/v1/hooks/{name}",
    operationId: "putHook",
    tag,
    summary: "Make or replace a hook",
    description: "A new hook's secret is shown this once, and so is one that is sent along.",
    needs: "operate",
    params: byName,
    body: HookRequest,
    answers: [{ status: 200, description: "The hook.", schema: Hook }],
    refusals: [],
    handle: async ({ caller, params, body }, { hooks }) =>
      replyOf(await hooks.put(caller, params.name, body)),
  }),
  route({
    method: "DELETE",
    path: "/v1/hooks/{name}",
    operationId: "deleteHook",
    tag,
    summary: "Remove a hook",
    description: "Deliveries to it are refused from now on.",
    needs: "operate",
    params: byName,
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { hooks }) =>
      replyOf(await hooks.remove(caller, params.name), 204),
  }),
  route({
    method: "POST",
    path: "/v1/hooks/{name}",
    operationId: "takeHook",
    tag,
    summary: "Deliver to a hook",
    description:
      "For other systems: signed as Standard Webhooks has it, with `webhook-id`, " +
      "`webhook-timestamp` and `webhook-signature`. Each id is taken once.",
    needs: "nothing",
    params: byName,
    query: HookQuery,
    body: AnyJson.meta({ description: "Whatever is delivered.", examples: [{ order: "A-17" }] }),
    answers: [{ status: 202, description: "It was taken.", schema: HookTaken }],
    refusals: [
      "SIGNATURE_INVALID",
      "WORKFLOW_NOT_FOUND",
      "INVALID_INPUT",
      "IDEMPOTENCY_KEY_REUSED",
      "LIMIT_REACHED",
    ],
    async handle({ params, query, body, request }, { hooks }) {
      const { headers } = request;
      const delivered = {
        id: headers["webhook-id"],
        timestamp: headers["webhook-timestamp"],
        signatures: headers["webhook-signature"],
        text: new TextDecoder().decode(request.body),
        body,
      };
      const taken = replyOf(await hooks.take(query.tenant, params.name, delivered), 202);
      if (!taken.ok) return taken;
      const by = { tenant: query.tenant, actor: { kind: "hook", id: params.name } } as const;
      return { ok: true, value: { ...taken.value, by } };
    },
  }),
];
