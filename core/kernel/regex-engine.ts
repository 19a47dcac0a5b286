import { RE2JS } from "re2js";

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

  constructor(expression: RegExp) {
    this.source = expression.source;
    this.pattern = RE2JS.compile(translated(expression.source), flagsOf(expression.flags));
  }

  exec(text: string): RegExpExecArray | null {
    if (text.length > TEXT_LENGTH_MAX) {
      throw Object.assign(new Error("the text is too long for a regular expression"), {
        code: "LIMIT_REGEX",
      });
    }
    const matcher = this.pattern.matcher(text);
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
