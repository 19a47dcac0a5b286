import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ModelAnswer, ModelRequest, Models, Usage } from "../../core/ports/models.ts";
import type { Outbound } from "../../core/ports/outbound.ts";
import { type CheckObject, callProvider } from "./call-provider.ts";
import { echoModel, type Said, scriptModel } from "./mock-models.ts";
import {
  isKnown,
  type ModelsConfig,
  providerOf,
  type RemoteProvider,
  splitModel,
} from "./models-config.ts";

export type ModelsParts = Readonly<{
  /** Environment variables, for `{"$env": "NAME"}`. */
  env: Readonly<Record<string, string | undefined>>;
  /** The deployment's own secrets, for `{"$secret": "name"}`. */
  secret?: (name: string) => Promise<string | undefined>;
  request: Outbound;
  checkObject: CheckObject;
}>;

/** The configured models. `mock/echo` and `mock/script` are always there, and say what they are. */
export function models(config: ModelsConfig, parts: ModelsParts): Models {
  return {
    default: config.default,
    knows: (model) => isKnown(config, model),
    async call(request, signal) {
      const { provider: id, name } = splitModel(request.model);
      const provider = providerOf(config, id);
      if (!provider || !isKnown(config, request.model)) {
        const message = `No provider of this deployment has the model ${request.model}.`;
        throw new CallFailure("MODEL_NOT_FOUND", message, { retryable: false });
      }
      if (provider.kind === "mock") {
        const said =
          name === "script" ? fitting(scriptModel(request), request, parts) : echoModel(request);
        return { ...answer(said, request, provider.prices?.[name]), mock: true };
      }
      const said = await callProvider({
        provider,
        name,
        request,
        apiKey: await apiKeyOf(provider, parts, id),
        env: parts.env,
        send: parts.request,
        checkObject: parts.checkObject,
        signal,
      });
      return answer(said, request, provider.prices?.[name]);
    },
  };
}

function answer(said: Said, { model }: ModelRequest, price: Price | undefined): ModelAnswer {
  return { ...said, model, cost: costOf(said.usage, price) };
}

type Price = Readonly<{ input: number; output: number }>;

/** USD; rounded to a billionth, because sums of binary fractions drift. */
function costOf({ inputTokens, outputTokens }: Usage, price: Price | undefined): number {
  if (!price) return 0;
  const perMillion = inputTokens * price.input + outputTokens * price.output;
  return Math.round(perMillion * 1_000) / 1e9;
}

/** A script is held to the schema as a model is, so that a test of it means something. */
function fitting(said: Said, { schema, model }: ModelRequest, { checkObject }: ModelsParts): Said {
  if (!schema || said.object === undefined || said.text === "") return said;
  const [problem] = checkObject(schema, said.object);
  if (!problem) return said;
  const message = `The answer of ${model} does not fit the schema: ${problem.path} ${problem.message}.`;
  throw new CallFailure("MODEL_OUTPUT_INVALID", message, { retryable: true });
}

async function apiKeyOf(
  { apiKey }: RemoteProvider,
  { env, secret }: ModelsParts,
  provider: string,
): Promise<string | undefined> {
  if (!apiKey) return undefined;
  const isEnv = "$env" in apiKey;
  const value = isEnv ? env[apiKey.$env] : await secret?.(apiKey.$secret);
  if (value !== undefined && value.trim() !== "") return value.trim();
  const where = isEnv ? `the environment variable ${apiKey.$env}` : `the secret ${apiKey.$secret}`;
  throw new CallFailure("MODEL_AUTH", `The provider ${provider} has no key: ${where} is not set.`, {
    retryable: false,
  });
}
