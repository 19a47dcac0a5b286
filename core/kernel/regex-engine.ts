import { RE2JS } from "re2js";

/** Characters that one expression in a pattern may look at, over all of its matches. */
const LOOKS_MAX = 2_000_000;

/**
 * A text that counts how often it is looked at. One search is linear; but a pattern that matches
 * little and looks far, again for every match, is not.
 */
class CountedText extends String {
  private readonly text: string;
  private readonly look: (count: number) => void;

  constructor(text: string, look: (count: number) => void) {
    super(text);
    this.text = text;
    this.look = look;
  }

  override charCodeAt(index: number): number {
    this.look(1);
    return this.text.charCodeAt(index);
  }

  override indexOf(part: string, from = 0): number {
    const found = this.text.indexOf(part, from);
    this.look(((found < 0 ? this.length : found) - from) / 16);
    return found;
  }
}

/** Text longer than this is not searched: linear time is not free. */
const TEXT_LENGTH_MAX = 100_000;

/**
 * What JSONata needs of `RegExp`, on RE2's linear-time automata, so that no pattern of a customer
 * can hold the process. Look-around and back-references do not exist in RE2 and are refused.
 */
class LinearRegExp {
  lastIndex = 0;
  readonly source: string;
  private readonly pattern: RE2JS;
  private looks = 0;

  constructor(expression: RegExp) {
    this.source = expression.source;
    this.pattern = RE2JS.compile(translated(expression.source), flagsOf(expression.flags));
  }

  exec(text: string): RegExpExecArray | null {
    if (text.length > TEXT_LENGTH_MAX) throw limit("the text is too long for it");
    const counted = new CountedText(text, (count) => {
      this.looks += count;
      if (this.looks > LOOKS_MAX) throw limit("its matches take too much work");
    });
    const matcher = this.pattern.matcher(counted as unknown as string);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) return null;
    const groups: (string | undefined)[] = [];
    for (let group = 0; group <= matcher.groupCount(); group++) {
      groups.push(matcher.group(group) ?? undefined);
    }
    const index = matcher.start();
    this.lastIndex = matcher.end();
    return Object.assign(groups, { index, input: text }) as RegExpExecArray;
  }
}

export const LinearRegex = LinearRegExp as unknown as RegExpConstructor;

function limit(why: string): Error {
  return Object.assign(new Error(`a regular expression cannot be used: ${why}`), {
    code: "LIMIT_REGEX",
  });
}

/** Whether RE2 takes the pattern; the reason when it does not. */
export function regexProblem(source: string, flags: string): string | undefined {
  try {
    RE2JS.compile(translated(source), flagsOf(flags));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "not a regular expression";
  }
}

function translated(source: string): string {
  return RE2JS.translateRegExp(source);
}

function flagsOf(flags: string): number {
  let result = 0;
  if (flags.includes("i")) result |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes("m")) result |= RE2JS.MULTILINE;
  if (flags.includes("s")) result |= RE2JS.DOTALL;
  return result;
}
