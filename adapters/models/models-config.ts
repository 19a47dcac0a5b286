import { readFileSync } from "node:fs";
import * as z from "zod";
import { Fault } from "../../core/ports/fault.ts";

const MOCKS = new Set(["echo", "script"]);

/** USD per million tokens. */
const Prices = z.record(
  z.string(),
  z.strictObject({ input: z.number().min(0), output: z.number().min(0) }),
);

const ApiKey = z.union(
  [
    z.strictObject({ $env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
    z.strictObject({ $secret: z.string().min(1) }),
  ],
  { error: 'must be {"$env": "NAME"} or {"$secret": "name"}; keys themselves are not kept here' },
);

const BaseUrl = z.string().refine(
  (url) => {
    if (!URL.canParse(url)) return false;
    const { protocol, username, password } = new URL(url);
    return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
  },
  { error: "must be an http(s) URL without credentials" },
);

const MockProvider = z.strictObject({ kind: z.literal("mock"), prices: Prices.optional() });
const OpenAiCompatibleProvider = z.strictObject({
  kind: z.literal("openai-compatible"),
  baseUrl: BaseUrl,
  apiKey: ApiKey.optional(),
  prices: Prices.optional(),
  /** False for servers that know `json_object` but no `json_schema`. */
  structuredOutputs: z.boolean().optional(),
});

const AnthropicProvider = z.strictObject({
  kind: z.literal("anthropic"),
  apiKey: ApiKey,
  baseUrl: BaseUrl.optional(),
  prices: Prices.optional(),
});
const BedrockProvider = z.strictObject({
  kind: z.literal("bedrock"),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  /** A Bedrock API key; without one, requests are signed with the process's AWS credentials. */
  apiKey: ApiKey.optional(),
  baseUrl: BaseUrl.optional(),
  prices: Prices.optional(),
});

const PROVIDERS = [
  MockProvider,
  OpenAiCompatibleProvider,
  AnthropicProvider,
  BedrockProvider,
] as const;

const Provider = z.discriminatedUnion("kind", PROVIDERS, {
  error: (issue) => unknownKind(issue.input),
});

const ModelsDocument = z
  .strictObject({
    default: z.string().default("mock/echo"),
    providers: z
      .record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/), Provider)
      .default({})
      .refine(({ mock }) => mock === undefined || mock.kind === "mock", {
        error: "is always the mock provider",
        path: ["mock"],
      }),
  })
  .superRefine((document, context) => {
    if (isKnown(document, document.default)) return;
    const message = `names no model of a configured provider: ${document.default}`;
    context.addIssue({ code: "custom", path: ["default"], message });
  });

export type ModelsConfig = z.infer<typeof ModelsDocument>;
export type OpenAiCompatible = z.infer<typeof OpenAiCompatibleProvider>;
export type Anthropic = z.infer<typeof AnthropicProvider>;
export type Bedrock = z.infer<typeof BedrockProvider>;
/** A provider that is asked over the network. */
export type RemoteProvider = OpenAiCompatible | Anthropic | Bedrock;

/**
 * The models document, or the path of a file that holds it. Nothing means mocks only.
 * @throws Fault that names every fault of the document.
 */
export function parseModels(textOrPath: string | undefined): ModelsConfig {
  const given = textOrPath?.trim() ?? "";
  if (given === "") return ModelsDocument.parse({});
  const parsed = ModelsDocument.safeParse(json(given.startsWith("{") ? given : fileAt(given)));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `- ${at(path)} ${message}`);
  throw new Fault(`The models document cannot be used:\n${faults.join("\n")}`, {
    retryable: false,
  });
}

/** `provider/name`; names may contain slashes. */
export function splitModel(model: string): { provider: string; name: string } {
  const slash = model.indexOf("/");
  if (slash < 0) return { provider: "", name: model };
  return { provider: model.slice(0, slash), name: model.slice(slash + 1) };
}

export function isKnown(config: Pick<ModelsConfig, "providers">, model: string): boolean {
  const { provider, name } = splitModel(model);
  const found = providerOf(config, provider);
  if (!found || name === "") return false;
  return found.kind !== "mock" || MOCKS.has(name);
}

type ProviderConfig = z.infer<typeof Provider>;

export function providerOf(
  { providers }: Pick<ModelsConfig, "providers">,
  name: string,
): ProviderConfig | undefined {
  if (Object.hasOwn(providers, name)) return providers[name];
  return name === "mock" ? { kind: "mock" } : undefined;
}

function unknownKind(provider: unknown): string {
  const kind: unknown =
    typeof provider === "object" && provider !== null && "kind" in provider
      ? provider.kind
      : undefined;
  const asked = typeof kind === "string" ? `not ${kind}` : "and must be named";
  return `must be bedrock, anthropic, openai-compatible or mock, ${asked}`;
}

function at(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "It" : path.map(String).join(".");
}

function fileAt(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Fault(`The models document cannot be read from ${path}.`, {
      retryable: false,
      cause,
    });
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The text may hold what somebody took for the place of a key.
    const why = cause instanceof Error ? (/position \d+/.exec(cause.message)?.[0] ?? "") : "";
    throw new Fault(`The models document is not JSON (${why || "it ends early"}).`, {
      retryable: false,
    });
  }
}
