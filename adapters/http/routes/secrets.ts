import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import { SecretNameList, SecretRequest } from "../../../core/contract/secrets.ts";
import { RESERVED } from "../../../core/ports/secrets.ts";
import { refused } from "../problem.ts";
import { listed, route } from "../route.ts";

const isOwn = (name: string) => !name.startsWith(RESERVED);
const byName = { name: idOf("The secret's name.", "billing-api") };

export const secretRoutes = [
  route({
    method: "GET",
    path: "/v1/secrets",
    operationId: "listSecrets",
    tag: "Secrets",
    summary: "List the names of secrets",
    description: "By name. Values are never shown.",
    needs: "operate",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of names.", schema: SecretNameList }],
    refusals: [],
    async handle({ caller, query: { limit, cursor } }, { secrets }) {
      const names = (await secrets.names(caller.tenant)).filter(isOwn).toSorted();
      const after = cursor === undefined ? names : names.filter((name) => name > cursor);
      const page = after.slice(0, limit);
      const nextCursor = after.length > limit ? (page.at(-1) ?? null) : null;
      return listed({ data: page.map((name) => ({ name })), nextCursor });
    },
  }),
  route({
    method: "PUT",
    path: "/v1/secrets/{name}",
    operationId: "putSecret",
    tag: "Secrets",
    summary: "Keep a secret",
    description: "Makes it or replaces it. Calls that begin later use the new value.",
    needs: "operate",
    params: byName,
    body: SecretRequest,
    answers: [{ status: 204, description: "It is kept." }],
    refusals: [],
    async handle({ caller, params, body }, { secrets }) {
      if (!isOwn(params.name)) {
        return refused("FORBIDDEN", `Names that begin with ${RESERVED} are not yours to set.`);
      }
      await secrets.put(caller.tenant, params.name, body.value);
      return { ok: true, value: { status: 204 } };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/secrets/{name}",
    operationId: "deleteSecret",
    tag: "Secrets",
    summary: "Forget a secret",
    description: "Calls that need it fail from now on with `SECRET_NOT_FOUND`.",
    needs: "operate",
    params: byName,
    answers: [{ status: 204, description: "It is forgotten." }],
    refusals: ["NOT_FOUND"],
    async handle({ caller, params: { name } }, { secrets }) {
      const was = isOwn(name) && (await secrets.remove(caller.tenant, name));
      if (!was) return refused("NOT_FOUND", `There is no secret ${name}.`);
      return { ok: true, value: { status: 204 } };
    },
  }),
];
