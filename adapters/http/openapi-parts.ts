import type { ZodOpenApiComponentsObject, ZodOpenApiSecuritySchemeObject } from "zod-openapi";
import { PROBLEMS } from "./error-catalog.ts";
import { problemOf } from "./problem.ts";
import type { Need } from "./route.ts";

export const TAGS = [
  {
    name: "Workflows",
    description: "Definitions, versioned and pinned by the runs that use them.",
  },
  {
    name: "Runs",
    description: "One carrying out of a workflow: its state, steps, events, record.",
  },
  { name: "Artifacts", description: "Large values, which answers refer to." },
  { name: "Tasks", description: "What people are asked to do." },
  { name: "Dead letters", description: "What failed for good, and waits for an operator." },
  { name: "Tools", description: "What steps can call." },
  { name: "Schedules", description: "Runs that start by the clock." },
  { name: "Workers", description: "Jobs for those who poll for them." },
  { name: "Secrets", description: "Named values that only the call that uses them sees." },
  { name: "Webhooks", description: "Addresses that are told what happens." },
  { name: "Hooks", description: "Addresses for others' webhooks." },
  { name: "Keys", description: "Who may ask, for one tenant." },
  { name: "Usage", description: "What runs came to." },
  { name: "Audit", description: "Who asked for what to be changed." },
  { name: "Platform", description: "Tenants; for the deployment's own administrator." },
  { name: "Graphs", description: "The routes of a system that runs graphs of functions." },
  { name: "Processes", description: "The routes of a system that runs process diagrams." },
  { name: "Signed links", description: "Decisions by mail, without a key." },
  { name: "Service", description: "The service itself." },
];

/** Every other need is met by a tenant's key. */
export const SECURITY: Readonly<Partial<Record<Need, { [name: string]: string[] }[]>>> = {
  nothing: [{}],
  platform: [{ platformKey: [] }],
};

const bearer = (description: string): ZodOpenApiSecuritySchemeObject => ({
  type: "http",
  scheme: "bearer",
  description,
});

export const TEXT = { type: "string", maxLength: 10_000_000 } as const;

function header(description: string, maxLength: number, example: string) {
  return { description, schema: { type: "string" as const, maxLength, examples: [example] } };
}

const HEADERS = {
  "X-Request-Id": header("Names this request in the log.", 128, "req_01hzy"),
  "Access-Control-Allow-Origin": header(
    "This deployment's own origin: pages of no other may read answers.",
    2048,
    "https://holdfast.example",
  ),
  RateLimit: header(
    "What a limit of the tenant leaves; where one counts or was reached.",
    256,
    '"tenant";r=0;t=5',
  ),
  "Retry-After": header("Seconds until the same request can succeed.", 16, "5"),
  Location: header("The path of the new thing.", 2048, "/v1/runs/run_01hzy"),
  "Idempotency-Replayed": header("`true` when this answer was given before.", 4, "true"),
  "WWW-Authenticate": header("How to authenticate.", 256, 'Bearer realm="holdfast"'),
};

export type HeaderName = keyof typeof HEADERS;

/** What every answer has, and what this one has besides. */
export function headersOf(names: readonly HeaderName[]) {
  const all = ["X-Request-Id", "Access-Control-Allow-Origin", "RateLimit", ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export const COMPONENTS: ZodOpenApiComponentsObject = {
  headers: HEADERS,
  securitySchemes: {
    key: bearer("A tenant's key, `hf_…`. Its role says what it may do."),
    platformKey: bearer("The deployment's own administrator."),
  },
  examples: Object.fromEntries(
    // A 405 belongs to a path, not to an operation, so no operation refers to it.
    Object.entries(PROBLEMS)
      .filter(([code]) => code !== "METHOD_NOT_ALLOWED")
      .map(([code, { title, next }]) => [
        code,
        {
          summary: title,
          value: problemOf(
            { code: code as keyof typeof PROBLEMS, message: next },
            "/v1/…",
            "req_01hzy",
          ),
        },
      ]),
  ),
};
