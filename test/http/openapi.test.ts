import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ROUTES } from "../../adapters/http/route-table.ts";
import { DOCUMENT, schemaFaults } from "./conforms.ts";
import { door } from "./door.ts";

type Node = Record<string, unknown>;
type Operation = Node & {
  operationId: string;
  responses: Record<string, Node>;
  parameters?: Node[];
};

const paths = DOCUMENT.paths as unknown as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);
const schemas = DOCUMENT.components?.schemas as unknown as Record<string, Node>;

/** Every object in the document that is a schema by its look. */
function walk(node: unknown, visit: (node: Node, path: string) => void, path = "#"): void {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) visit(node as Node, path);
  for (const [key, value] of Object.entries(node)) {
    if (key !== "examples" && key !== "example") walk(value, visit, `${path}/${key}`);
  }
}

describe("the OpenAPI document", () => {
  test("has every reference it makes", () => {
    const broken: string[] = [];
    walk(DOCUMENT, (node) => {
      const { $ref } = node;
      if (typeof $ref !== "string") return;
      const keys = $ref.slice(2).split("/");
      const found = keys.reduce<unknown>((at, key) => (at as Node | undefined)?.[key], DOCUMENT);
      if (found === undefined) broken.push($ref);
    });

    expect(broken).toEqual([]);
  });

  test("names each operation once and says what it does, needs and answers", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      const name = `${method} ${path}`;
      expect(operation["summary"], name).toMatch(/\w/);
      expect(operation["description"], name).toMatch(/\w/);
      expect(operation["security"], name).toHaveLength(1);
      expect(
        Object.keys(operation.responses).some((s) => s.startsWith("2")),
        name,
      ).toBe(true);
      for (const status of ["400", "429", "500", "503"]) {
        expect(operation.responses[status]?.["content"], `${name} ${status}`).toBeDefined();
      }
      const isOpen = JSON.stringify(operation["security"]) === "[{}]";
      expect("401" in operation.responses, name).toBe(!isOpen);
    }
  });

  test("declares every name in a path as a required parameter", () => {
    for (const { path, method, operation } of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((p) => p["in"] === "path");
      expect(
        declared.map((p) => p["name"]),
        `${method} ${path}`,
      ).toEqual(names);
      expect(declared.every((p) => p["required"] === true)).toBe(true);
    }
  });

  test("bounds every text, list and whole number, and closes every object of a body", () => {
    const unbounded: string[] = [];
    walk(DOCUMENT, (node, path) => {
      const { type } = node;
      const isBounded =
        (type !== "string" || "maxLength" in node || "enum" in node || "const" in node) &&
        (type !== "array" || "maxItems" in node) &&
        (type !== "integer" || ("minimum" in node && "maximum" in node && "format" in node));
      if (!isBounded) unbounded.push(path);
    });

    expect(unbounded).toEqual([]);
    const requests = Object.entries(schemas).filter(([name]) => name.endsWith("Request"));
    const open = requests.filter(([, schema]) => schema["additionalProperties"] !== false);
    expect(open.map(([name]) => name)).toEqual([]);
  });

  test("has headers for limits, origins and request ids on every answer", () => {
    for (const { operation } of operations) {
      for (const response of Object.values(operation.responses)) {
        expect(Object.keys(response["headers"] as Node)).toEqual(
          expect.arrayContaining(["RateLimit", "Access-Control-Allow-Origin", "X-Request-Id"]),
        );
      }
      expect(operation.responses["429"]?.["headers"]).toHaveProperty("Retry-After");
    }
  });

  test("has examples that its own schemas accept", () => {
    const faults = Object.entries(schemas).flatMap(([name, { examples = [] }]) =>
      (examples as unknown[]).flatMap((example) => schemaFaults(name, example)),
    );
    const problems = Object.values(DOCUMENT.components?.examples ?? {}) as { value: unknown }[];

    expect(faults).toEqual([]);
    expect(problems.flatMap(({ value }) => schemaFaults("Problem", value))).toEqual([]);
    const bare = Object.entries(schemas).filter(([, schema]) => !("examples" in schema));
    expect(bare.map(([name]) => name).toSorted()).toEqual(
      ["ActorName", "Decision", "Json", "JsonObject", "Link", "Role", "StepAttempt"].toSorted(),
    );
  });

  test("is served as JSON and as pages without scripts", async () => {
    const { ask } = door();

    const json = await ask("GET /openapi.json", { as: null });
    const page = await ask("GET /docs", { as: null });
    const errors = await ask("GET /docs/errors", { as: null });

    expect(json.body).toBe(JSON.stringify(DOCUMENT));
    for (const { status, headers, body } of [page, errors]) {
      expect(status).toBe(200);
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
      expect(String(body)).not.toMatch(/<script|\son\w+=|src=/i);
    }
    for (const { path, method } of operations) {
      expect(page.body).toContain(`<code>${method.toUpperCase()} ${path}</code>`);
    }
    const text = String(page.body);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(links.filter((id) => !text.includes(`id="${id}"`))).toEqual([]);
  });
});

describe("docs/http-api.md", () => {
  test("lists the routes that are served, and no other", () => {
    const text = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\| `(GET|POST|PUT|PATCH|DELETE) (\/\S*)` \|/gm)];

    expect(listed.map((match) => `${match[1]} ${match[2]}`).toSorted()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  });
});
