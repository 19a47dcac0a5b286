import type { Builtin } from "./builtin.ts";
import { characters, sentences, textOf, textSchema, words } from "./text-input.ts";

/** Shortens a text to its first, middle and last sentences: no model, always the same. */
export const summarize: Builtin = {
  description: "Summarizes a text by its first, middle and last sentences, without a model.",
  inputSchema: textSchema,
  run(input) {
    const text = textOf(input);
    const all = sentences(text);
    const kept = chosen(all);
    const summary = kept.length === 0 ? "" : `${kept.join(". ")}.`;
    const length = characters(text);
    return {
      summary,
      original_length: { characters: length, words: words(text) },
      summary_length: characters(summary),
      compression_ratio: length === 0 ? 0 : Math.round((characters(summary) / length) * 100) / 100,
      agent_metadata: {
        agent: "summarize",
        sentences: all.length,
        sentences_kept: kept.length,
      },
    };
  },
};

function chosen(all: readonly string[]): readonly string[] {
  if (all.length <= 2) return all;
  const [first = "", second = ""] = all;
  const last = all.at(-1) ?? "";
  if (all.length <= 4) return [first, second, last];
  return [first, all[Math.floor(all.length / 2)] ?? "", last];
}
