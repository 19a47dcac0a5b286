import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { type OpenApiDocument, openApi } from "../../adapters/http/openapi.ts";
import { ROUTES } from "../../adapters/http/route-table.ts";
import { router } from "../../adapters/http/router.ts";

export const DOCUMENT: OpenApiDocument = openApi(ROUTES, "0.1.0");

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(DOCUMENT, "openapi");
const find = router(ROUTES);

/** What is wrong with an answer by the OpenAPI document; nothing when it is as documented. */
export function faultsOf(
  asked: Readonly<{ method: string; path: string }>,
  answered: Readonly<{ status: number; type: string | undefined; json: unknown }>,
): readonly string[] {
  const { endpoint } = find(asked.path) ?? {};
  const method = asked.method === "HEAD" ? "GET" : asked.method;
  if (!endpoint?.methods.has(method)) return [];
  const where = ["paths", endpoint.path, method.toLowerCase(), "responses", answered.status];
  const response = where.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | undefined)?.[String(key)],
    DOCUMENT,
  ) as { content?: Record<string, unknown> } | undefined;
  const name = `${asked.method} ${endpoint.path} ${answered.status}`;
  if (!response) return [`${name} is not documented`];
  if (answered.type === undefined || asked.method === "HEAD") return [];
  const type = answered.type.split(";")[0] ?? "";
  if (!response.content?.[type]) return [`${name} is not documented as ${type}`];
  if (!type.includes("json")) return [];
  const pointer = [...where, "content", type, "schema"].map(escaped).join("/");
  return faultsBy(`openapi#/${pointer}`, name, answered.json);
}

export function schemaFaults(name: string, value: unknown): readonly string[] {
  return faultsBy(`openapi#/components/schemas/${name}`, name, value);
}

const validators = new Map<string, ValidateFunction>();

function faultsBy($ref: string, name: string, value: unknown): readonly string[] {
  const validate = validators.get($ref) ?? ajv.compile({ $ref });
  validators.set($ref, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((fault) => `${name} ${fault.instancePath} ${fault.message}`);
}

function escaped(key: string | number): string {
  return encodeURIComponent(String(key).replaceAll("~", "~0").replaceAll("/", "~1"));
}
