import type { ZodOpenApiOperationObject } from "zod-openapi";
import { ProblemDocument } from "../../core/contract/problem.ts";
import { PROBLEMS, type ProblemCode } from "./error-catalog.ts";
import { type HeaderName, headersOf, TEXT } from "./openapi-parts.ts";
import type { Route } from "./route.ts";

/** The problems a route can answer, by status: those of its own, and those of the door. */
export function problemResponses(
  route: Route,
): NonNullable<ZodOpenApiOperationObject["responses"]> {
  const codes = [...new Set([...route.refusals, ...doorCodes(route)])];
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [String(status), responseOf(route, status, group)]),
  );
}

function responseOf(route: Route, status: number, codes: readonly ProblemCode[]) {
  const examples = Object.fromEntries(
    codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
  );
  const titles = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`);
  return {
    description: titles.join(" "),
    headers: headersOf(extra(status)),
    content: {
      "application/problem+json": { schema: ProblemDocument, examples },
      ...(route.page && { "text/html": { schema: TEXT } }),
    },
  };
}

function extra(status: number): readonly HeaderName[] {
  if (status === 401) return ["WWW-Authenticate"];
  return status === 429 || status === 503 ? ["Retry-After"] : [];
}

function doorCodes(route: Route): readonly ProblemCode[] {
  const codes: ProblemCode[] = ["INVALID_REQUEST", "LIMIT_REACHED", "INTERNAL", "BUSY"];
  if (route.needs !== "nothing") codes.push("UNAUTHENTICATED", "FORBIDDEN");
  if (route.params && !route.page) codes.push("INVALID_PATH", "NOT_FOUND");
  if (route.paged === true) codes.push("INVALID_CURSOR");
  if (route.repeats) {
    codes.push("IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_IN_FLIGHT");
  }
  if (route.body) {
    codes.push("INVALID_JSON", "JSON_TOO_DEEP", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE");
  }
  return codes;
}
