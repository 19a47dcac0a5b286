import { Health, Jwks, OpenApi, Version } from "../../../core/contract/about.ts";
import { DOCS_CSP } from "../pages/page.ts";
import { type Checked, refused } from "../problem.ts";
import { type Reply, route } from "../route.ts";

const HTML = ["text/html"] as const;

export const aboutRoutes = [
  route({
    method: "GET",
    path: "/healthz",
    operationId: "getHealth",
    tag: "Service",
    summary: "Ask whether the service can answer",
    description: "For load balancers; no key is needed.",
    needs: "nothing",
    answers: [{ status: 200, description: "It can.", schema: Health }],
    refusals: ["BUSY"],
    async handle(_call, { health }) {
      const healthy = await health();
      return healthy
        ? { ok: true, value: { status: 200, value: { status: "ok" } } }
        : refused("BUSY", "The service cannot answer yet, or not any more.");
    },
  }),
  route({
    method: "GET",
    path: "/v1/version",
    operationId: "getVersion",
    tag: "Service",
    summary: "Ask what answers here",
    description: "No key is needed.",
    needs: "nothing",
    answers: [{ status: 200, description: "The release.", schema: Version }],
    refusals: [],
    handle: async (_call, { version }) => ({
      ok: true,
      value: { status: 200, value: { name: "holdfast", version, api: "v1" } },
    }),
  }),
  route({
    method: "GET",
    path: "/.well-known/jwks.json",
    operationId: "getLedgerKeys",
    tag: "Service",
    summary: "Read the keys that sign ledgers",
    description: "Public keys: with them anyone can check the signature of a run's head.",
    needs: "nothing",
    answers: [{ status: 200, description: "The keys.", schema: Jwks }],
    refusals: ["BUSY"],
    handle: async (_call, { engine }) => ({
      ok: true,
      value: {
        status: 200,
        value: { keys: await engine.ledgerKeys() },
        headers: { "cache-control": "public, max-age=300" },
      },
    }),
  }),
  route({
    method: "GET",
    path: "/openapi.json",
    operationId: "getOpenApi",
    tag: "Service",
    summary: "Read this contract",
    description: "OpenAPI 3.1, made from the schemas that check requests.",
    needs: "nothing",
    answers: [{ status: 200, description: "The document.", schema: OpenApi }],
    refusals: [],
    handle: async (_call, { documents }) => ({
      ok: true,
      value: {
        status: 200,
        text: (await documents()).openapi,
        headers: { "content-type": "application/json" },
      },
    }),
  }),
  route({
    method: "GET",
    path: "/docs",
    operationId: "getDocs",
    tag: "Service",
    summary: "Read this contract as a page",
    description: "Made from the OpenAPI document, without scripts.",
    needs: "nothing",
    answers: [{ status: 200, description: "The page.", texts: HTML }],
    refusals: [],
    handle: async (_call, { documents }) => page((await documents()).docs),
  }),
  route({
    method: "GET",
    path: "/docs/errors",
    operationId: "getErrorDocs",
    tag: "Service",
    summary: "Read what each error code means",
    description: "The page that the `type` of every problem points into.",
    needs: "nothing",
    answers: [{ status: 200, description: "The page.", texts: HTML }],
    refusals: [],
    handle: async (_call, { documents }) => page((await documents()).errors),
  }),
];

function page(text: string): Checked<Reply> {
  return {
    ok: true,
    value: {
      status: 200,
      text,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": DOCS_CSP,
      },
    },
  };
}
