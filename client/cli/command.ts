import type { Holdfast } from "../http/client.ts";
import type { Json } from "../http/wire.ts";

/** The values of a command's options, by name; those that take no value are "". */
export type Options = Readonly<Record<string, string | undefined>>;

export type Call = Readonly<{
  holdfast: Holdfast;
  args: readonly string[];
  options: Options;
  /** Prints a line for people; with `--json`, the value instead. */
  say(text: string, value: unknown): void;
  /** A file, or standard input for `-`. */
  read(path: string): Promise<string>;
}>;

export type Command = Readonly<{
  /** What it takes, as its usage shows it: `RUN NAME`, with `…` after what may be repeated. */
  takes: string;
  does: string;
  /** Options by name: what their value is, or "" when they have none. */
  options?: Readonly<Record<string, string>>;
  /** True when it went as wished: the exit code is 0. */
  run(call: Call): Promise<boolean>;
}>;

/** What is wrong with the command line, for a person. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** JSON as it was typed, or from a file after `@`. */
export async function jsonIn(text: string, read: Call["read"]): Promise<Json> {
  const source = text.startsWith("@") ? await read(text.slice(1)) : text;
  try {
    return JSON.parse(source) as Json;
  } catch (error) {
    throw new UsageError(`${text} is no JSON: ${(error as Error).message}`);
  }
}

/** The arguments that a command needs, which are there: `fits` has counted them. */
export function needed(args: readonly string[], index: number): string {
  const found = args[index];
  if (found === undefined) throw new UsageError(`argument ${index + 1} is missing`);
  return found;
}
