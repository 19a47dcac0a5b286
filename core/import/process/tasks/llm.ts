import type { JsonObject } from "../../../kernel/json.ts";
import { literal, member } from "../../jsonata-text.ts";
import { DATA } from "../condition.ts";
import { merged, numberIn, type Place, textIn } from "../place.ts";
import { textOf } from "../text.ts";

const PROMPT = "Analyze the following data: ${processData}";
const TOKENS_MAX = 1_000_000;

/** Asks a model, and keeps what it says under `outputVariable`. */
export function llmTask(place: Place): JsonObject {
  const model = textIn(place, "model");
  const system = textIn(place, "system", "systemPrompt");
  const prompt = textIn(place, "prompt") ?? PROMPT;
  const variable = textIn(place, "outputVariable") ?? "llmResult";
  const temperature = numberIn(place, "temperature", [0, 2]);
  const tokens = numberIn(place, "maxTokens", [1, TOKENS_MAX]);
  const told = [
    '"llmExecuted": true',
    '"model": $output.model',
    `"tokensUsed": ${member("$output", ["usage", "totalTokens"])}`,
    `${literal(variable)}: $output.text`,
  ];
  return {
    type: "llm",
    ...(model !== undefined && { model: textOf(providerOf(model), DATA) }),
    ...(system !== undefined && { system: textOf(system, DATA) }),
    prompt: textOf(prompt.replaceAll("${JSON.stringify(processData)}", "${processData}"), DATA),
    temperature: temperature ?? 0.7,
    maxTokens: tokens ?? 1_000,
    assign: merged(`{${told.join(", ")}}`),
  };
}

/** The dialect knows one provider, and names its models alone. */
function providerOf(model: string): string {
  return model.includes("/") ? model : `anthropic/${model}`;
}
