import type { LanguageModel } from "ai";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { Bedrock, RemoteProvider } from "./models-config.ts";

export type ClientParts = Readonly<{
  provider: RemoteProvider;
  /** The provider's own name for the model. */
  name: string;
  apiKey: string | undefined;
  /** Environment variables: where a deployment's functions have their AWS credentials. */
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof globalThis.fetch;
}>;

/** A provider's own SDK is loaded when it is first asked, and no other ever is. */
export async function providerClient(parts: ClientParts): Promise<LanguageModel> {
  const { provider, name, apiKey, fetch } = parts;
  const key = apiKey === undefined ? {} : { apiKey };
  switch (provider.kind) {
    case "openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const { baseUrl, structuredOutputs } = provider;
      return createOpenAICompatible({
        name: "model",
        baseURL: baseUrl,
        supportsStructuredOutputs: structuredOutputs !== false,
        fetch,
        ...key,
      })(name);
    }
    case "anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      return createAnthropic({ fetch, ...key, ...baseOf(provider.baseUrl) })(name);
    }
    case "bedrock": {
      const { createAmazonBedrock } = await import("@ai-sdk/amazon-bedrock");
      const { region, baseUrl } = provider;
      const access = apiKey === undefined ? signedWith(provider, parts.env) : key;
      return createAmazonBedrock({ region, fetch, ...access, ...baseOf(baseUrl) })(name);
    }
  }
}

function baseOf(baseUrl: string | undefined) {
  return baseUrl === undefined ? {} : { baseURL: baseUrl };
}

/**
 * The credentials of the process, as Lambda gives them to a function and `aws configure
 * export-credentials` to a shell. The SDK's own chain would also read files and ask servers, and is
 * heavier than everything else of a call.
 */
function signedWith({ region }: Bedrock, env: ClientParts["env"]) {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"] ?? "";
  const sessionToken = env["AWS_SESSION_TOKEN"];
  if (accessKeyId === "" || secretAccessKey === "") {
    const message = `Bedrock in ${region} cannot be called: the process has no AWS credentials.`;
    throw new CallFailure("MODEL_AUTH", message, { retryable: false });
  }
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  return { apiKey: "", credentialProvider: async () => credentials };
}
