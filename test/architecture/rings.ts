import type { Source } from "./source.ts";

/** Leave to import what begins with `from`; narrowed by `only`, and explained when surprising. */
export type Grant = Readonly<{
  from: string;
  /** "types": nothing that is left once types are stripped. A list: only in these files. */
  only?: "types" | readonly string[];
  why?: string;
}>;

type Ring = Readonly<{ home: string; may: readonly Grant[] | "anything" }>;

/**
 * Who may import whom. The longest `home` that fits a file is its ring. A target that ends in "/"
 * is a folder of ours, any other a file or a package. What is not listed is not allowed, Node's
 * own modules included.
 */
export const RINGS: readonly Ring[] = [
  {
    home: "core/kernel/",
    may: [
      { from: "core/kernel/" },
      { from: "jsonata", only: ["core/kernel/expression.ts"] },
      { from: "re2js", only: ["core/kernel/regex-engine.ts"] },
    ],
  },
  { home: "core/ports/", may: [{ from: "core/ports/" }, { from: "core/kernel/", only: "types" }] },
  {
    home: "core/store/",
    may: [{ from: "core/store/" }, { from: "core/kernel/" }, { from: "core/ports/" }],
  },
  {
    home: "core/import/",
    may: [{ from: "core/import/" }, { from: "core/kernel/" }],
  },
  {
    home: "core/engine/",
    may: [
      { from: "core/engine/" },
      { from: "core/import/" },
      { from: "core/kernel/" },
      { from: "core/ports/" },
      { from: "core/store/" },
    ],
  },
  { home: "core/contract/", may: [{ from: "core/contract/" }, { from: "zod" }] },
  ring("adapters/net/", [{ from: "node:" }, { from: "ipaddr.js" }]),
  ring("adapters/ed25519/", [{ from: "node:" }]),
  ring("adapters/sqlite/", [{ from: "node:" }]),
  ring("adapters/aws/", [
    { from: "node:" },
    { from: "@aws-sdk/" },
    { from: "adapters/ed25519/", why: "a public key is told of alike, whoever keeps it" },
    { from: "aws-lambda", only: "types" },
    { from: "zod", why: "what arrives from a queue is parsed once, at the door" },
  ]),
  ring("adapters/sandbox/", [
    { from: "node:" },
    { from: "quickjs-emscripten-core" },
    { from: "@jitl/quickjs-wasmfile-release-sync" },
  ]),
  ring("adapters/calendar/", [{ from: "node:" }, { from: "croner" }]),
  ring("adapters/rules/", [{ from: "node:" }, { from: "feelin" }]),
  ring("adapters/models/", [
    { from: "node:" },
    { from: "ai" },
    { from: "@ai-sdk/" },
    { from: "zod" },
    {
      from: "adapters/net/",
      why: "what a model provider is asked leaves through the same guarded door as a tool's call",
    },
  ]),
  ring("adapters/tools/", [
    { from: "node:" },
    {
      from: "adapters/net/",
      why: "an HTTP tool is a request to an address that a customer chose: one guard for all",
    },
    { from: "zod", why: "the deployment's own document of targets is read once, at the start" },
    { from: "ajv", why: "judges customers' JSON Schemas when they are stored" },
    { from: "ajv-formats" },
    { from: "@cfworker/json-schema", why: "applies them to values, without making code" },
    { from: "re2js", why: "their patterns are customers' too, and must be linear" },
  ]),
  {
    home: "adapters/http/",
    may: [
      { from: "adapters/http/" },
      { from: "core/contract/" },
      { from: "core/engine/" },
      { from: "core/kernel/", only: "types" },
      { from: "core/kernel/json.ts" },
      { from: "core/ports/" },
      { from: "node:" },
      { from: "zod" },
      { from: "zod-openapi" },
    ],
  },
  {
    home: "wiring/",
    may: [
      { from: "wiring/" },
      { from: "core/" },
      { from: "adapters/ed25519/" },
      { from: "adapters/models/" },
      { from: "adapters/net/" },
      { from: "adapters/tools/" },
      { from: "adapters/sandbox/" },
      { from: "adapters/rules/" },
      { from: "adapters/calendar/" },
      { from: "node:" },
    ],
  },
  {
    home: "lambdas/",
    may: [
      { from: "lambdas/" },
      { from: "core/" },
      { from: "wiring/" },
      { from: "adapters/aws/" },
      { from: "adapters/http/" },
      { from: "adapters/models/" },
      { from: "adapters/net/" },
      { from: "adapters/tools/" },
      { from: "@middy/core" },
      { from: "aws-lambda", only: "types" },
      { from: "node:" },
      { from: "zod" },
    ],
  },
  {
    home: "lib/",
    may: [
      { from: "lib/" },
      { from: "lambdas/env.ts" },
      { from: "aws-cdk-lib" },
      { from: "constructs" },
      { from: "cdk-nag" },
      {
        from: "zod",
        only: ["lib/config.ts"],
        why: "the file that configures a deployment is parsed once, at the door",
      },
      { from: "node:" },
    ],
  },
  {
    home: "local/",
    may: [
      { from: "local/" },
      {
        from: "(computed)",
        only: ["local/function-child.ts"],
        why: "a customer's file, in a process of its own",
      },
      { from: "wiring/" },
      { from: "adapters/calendar/" },
      { from: "ws" },
      { from: "core/" },
      { from: "adapters/ed25519/" },
      { from: "adapters/http/" },
      { from: "adapters/models/" },
      { from: "adapters/net/" },
      { from: "adapters/sqlite/" },
      { from: "adapters/tools/" },
      { from: "node:" },
    ],
  },
  {
    home: "client/",
    may: [
      { from: "client/" },
      { from: "core/contract/", only: "types", why: "clients run in browsers, too, without zod" },
    ],
  },
  {
    home: "client/cli/",
    may: [
      { from: "client/" },
      { from: "node:", why: "a command reads files, and is told where the server is" },
    ],
  },
  { home: "examples/", may: "anything" },
  { home: "scripts/", may: "anything" },
  { home: "test/", may: "anything" },
];

/** What every adapter may import: the ports that it keeps, and the words they are written in. */
function ring(home: string, own: readonly Grant[]): Ring {
  return {
    home,
    may: [
      { from: home },
      { from: "core/ports/" },
      { from: "core/kernel/", only: "types" },
      { from: "core/kernel/json.ts", why: "what JSON is, and what we take of it, is said once" },
      { from: "core/kernel/well-formed.ts" },
      { from: "core/kernel/duration.ts", why: "what a duration is, is said once" },
      { from: "core/engine/refusal.ts", only: "types" },
      ...own,
    ],
  };
}

/** One sentence per import that its ring does not allow. */
export function strangersIn(source: Source): readonly string[] {
  const home = ringOf(source.path);
  if (!home) return [`${source.path} lives in no ring: give its folder one`];
  const { may } = home;
  if (may === "anything") return [];
  return source.imports
    .filter(
      ({ target, typeOnly }) => !may.some((grant) => allows(grant, source.path, target, typeOnly)),
    )
    .map(({ specifier }) => `${source.path} imports ${specifier}`);
}

function ringOf(path: string): Ring | undefined {
  // Configuration files at the root belong to their tools.
  if (!path.includes("/")) return { home: "", may: "anything" };
  return RINGS.filter(({ home }) => path.startsWith(home)).toSorted(
    (a, b) => b.home.length - a.home.length,
  )[0];
}

function allows(grant: Grant, path: string, target: string, typeOnly: boolean): boolean {
  const { from, only } = grant;
  const named =
    target === from ||
    (/[/:]$/.test(from) ? target.startsWith(from) : target.startsWith(`${from}/`));
  if (!named) return false;
  if (only === undefined) return true;
  return only === "types" ? typeOnly : only.includes(path);
}
