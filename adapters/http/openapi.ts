import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from "zod-openapi";
import { rolesFor } from "./authorize.ts";
import { COMPONENTS, headersOf, SECURITY, TAGS, TEXT } from "./openapi-parts.ts";
import { problemResponses } from "./openapi-problems.ts";
import type { Answer, Route } from "./route.ts";

export type OpenApiDocument = ReturnType<typeof openApi>;

/**
 * The OpenAPI 3.1 document of a route table. It is made from what the door serves and checks with,
 * so a route or a field that is served but not documented cannot be.
 */
export function openApi(routes: readonly Route[], version: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
    paths[path] = Object.fromEntries(
      group.map((route) => [route.method.toLowerCase(), operationOf(route)]),
    );
  }
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Holdfast",
        version,
        description:
          "A durable runtime for agent workflows. Errors are RFC 9457 problems, each with a " +
          "stable code that `/docs/errors` explains.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [
        { url: "/", description: "This deployment, local or production.", "x-internal": false },
      ],
      tags: TAGS,
      paths,
      components: COMPONENTS,
    },
    { allowEmptySchema: { unknown: true } },
  );
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const responses: ZodOpenApiOperationObject["responses"] = problemResponses(route);
  for (const answer of route.answers) {
    responses[`${answer.status}` as "200"] = {
      description: answer.description,
      headers: headersOf(answer.headers ?? []),
      ...contentOf(answer),
    };
  }
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description}${audience(route)}`,
    security: SECURITY[route.needs] ?? [{ key: [] }],
    requestParams: {
      ...(route.params && { path: z.object(route.params) }),
      ...(route.query instanceof z.ZodObject && { query: route.query }),
      header: z.object(requestHeaders(route)),
    },
    ...(route.body && {
      requestBody: {
        required: route.bodyOptional !== true,
        content: { "application/json": { schema: route.body }, ...formOf(route) },
      },
    }),
    responses,
  };
}

function audience({ needs }: Route): string {
  if (needs === "nothing") return "";
  if (needs === "platform") return "\n\nNeeds the platform key.";
  return `\n\nFor keys of role ${rolesFor(needs).join(", ")}.`;
}

function contentOf({ schema, texts = [] }: Answer) {
  if (!schema && texts.length === 0) return {};
  const content: Record<string, { schema: z.ZodType | typeof TEXT }> = {};
  if (schema) content["application/json"] = { schema };
  for (const type of texts) content[type] = { schema: TEXT };
  return { content };
}

/** The same fields as the JSON: what the page's own form sends. */
function formOf(route: Route) {
  return route.page && route.body
    ? { "application/x-www-form-urlencoded": { schema: route.body } }
    : {};
}

function requestHeaders(route: Route): Readonly<Record<string, z.ZodType>> {
  const id = z
    .string()
    .max(128)
    .regex(/^[\x20-\x7e]+$/)
    .optional()
    .meta({
      description: "Comes back in the answer and stands in the log; made up if it is absent.",
    });
  const key = z
    .string()
    .max(255)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .meta({
      description: "The same key and body are done once; the answer is given again.",
    });
  return route.repeats ? { "X-Request-Id": id, "Idempotency-Key": key } : { "X-Request-Id": id };
}
