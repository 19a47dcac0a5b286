import type { Builtin } from "./builtin.ts";
import { characters, sentences, textOf, textSchema, words } from "./text-input.ts";

const MONTH =
  "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)";

// Every repetition is bounded: an unbounded one takes quadratic time where nothing matches.
const URLS = /\bhttps?:\/\/[^\s<>"'()[\]{}]{1,2000}|\bwww\.[^\s<>"'()[\]{}]{1,2000}/gi;
const EMAILS = /\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g;
const DATES = new RegExp(
  [
    "\\b\\d{4}[-/]\\d{1,2}[-/]\\d{1,2}\\b",
    "\\b\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{2,4}\\b",
    `\\b${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?\\b`,
    `\\b\\d{1,2}(?:st|nd|rd|th)? ${MONTH}\\.?(?:,? \\d{4})?\\b`,
  ].join("|"),
  "g",
);
const PHONES =
  /(?<![\w.])(?:\+\d{1,3}[-. ]?)?(?:\(\d{2,4}\)|\d{2,4})[-. ]\d{3,4}(?:[-. ]\d{3,4}){0,2}(?![\w-])|(?<![\w.])\+?\d{10,15}(?!\w)/g;
const NUMBERS =
  /(?<![\w.])-?\d{1,3}(?:,\d{3})+(?:\.\d{1,50})?(?!\w)|(?<![\w.])-?\d{1,100}(?:\.\d{1,50})?(?!\w)/g;
const CAPITALIZED = /(?<!\w)\p{Lu}[\p{L}\p{M}'’]{1,60}/gu;

/** Finds what can be found by its shape: no model, always the same. Each is listed once. */
export const extractEntities: Builtin = {
  description: "Lists e-mail addresses, URLs, phone numbers, numbers, capitalized words and dates.",
  inputSchema: textSchema,
  run(input) {
    const text = textOf(input);
    const rest = { text };
    // What one kind took is not there for the next: the year of a date is not a number as well.
    const urls = taken(rest, URLS).map((url) => url.replace(/[.,;:!?]+$/, ""));
    const emails = taken(rest, EMAILS);
    const capitalized = found(rest.text, CAPITALIZED);
    const dates = taken(rest, DATES);
    const phones = taken(rest, PHONES);
    const entities = {
      emails: unique(emails),
      urls: unique(urls),
      phone_numbers: unique(phones),
      numbers: unique(found(rest.text, NUMBERS)),
      capitalized_words: unique(capitalized),
      dates: unique(dates),
    };
    const counts = Object.entries(entities).map(([kind, list]) => [kind, list.length] as const);
    return {
      ...entities,
      entities,
      entity_counts: Object.fromEntries(counts),
      total_entities: counts.reduce((sum, [, count]) => sum + count, 0),
      text_stats: {
        character_count: characters(text),
        word_count: words(text),
        sentence_count: sentences(text).length,
      },
      agent_metadata: { agent: "extract_entities" },
    };
  },
};

function taken(rest: { text: string }, pattern: RegExp): string[] {
  const matches = found(rest.text, pattern);
  rest.text = rest.text.replaceAll(pattern, (match) => " ".repeat(match.length));
  return matches;
}

function found(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([match]) => match.trim());
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
