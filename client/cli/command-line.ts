import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { connect } from "../http/client.ts";
import { ProblemError } from "../http/problem-error.ts";
import { type Command, type Options, UsageError } from "./command.ts";
import { documentCommands, refusalText } from "./documents.ts";
import { runCommands } from "./runs.ts";
import { taskCommands } from "./tasks.ts";

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...documentCommands,
  ...runCommands,
  ...taskCommands,
};

/** Options that every command takes. */
const COMMON = { url: "where the server is", json: "", help: "" } as const;
const URL_HERE = "http://127.0.0.1:8787";
/** A person waits: a server that is not there is told of after a few seconds. */
const ATTEMPTS_MAX = 5;

export type Surroundings = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
}>;

/** Does what a command line says. 0: as wished; 1: refused, or not as wished; 2: not understood. */
export async function commandLine(
  words: readonly string[],
  { env, print, complain }: Surroundings,
): Promise<number> {
  const [name = "help", ...rest] = words;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === "help" || name === "--help") return printed(print, usage(), 0);
  if (!command) return printed(complain, `there is no command ${name}\n\n${usage()}`, 2);
  try {
    const { args, options } = parsed(name, command, rest);
    if (options["help"] !== undefined) return printed(print, usageOf(name, command), 0);
    // Not as an option: what is on a command line can be read by everybody on the machine.
    const key = env["HOLDFAST_API_KEY"];
    if (key === undefined) throw new UsageError("set HOLDFAST_API_KEY to a key of the server");
    const url = options["url"] ?? env["HOLDFAST"] ?? URL_HERE;
    const holdfast = connect({ url, key, attemptsMax: ATTEMPTS_MAX });
    const isJson = options["json"] !== undefined;
    const say = (text: string, value: unknown) => print(isJson ? JSON.stringify(value) : text);
    return (await command.run({ holdfast, args, options, say, read })) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) return printed(complain, error.message, 2);
    if (error instanceof ProblemError) return printed(complain, refusalText(error), 1);
    return printed(complain, sentenceOf(error), 1);
  }
}

function printed(print: (text: string) => void, text: string, code: number): number {
  print(text);
  return code;
}

function parsed(name: string, command: Command, words: readonly string[]) {
  const known = { ...COMMON, ...command.options };
  const options = Object.fromEntries(
    Object.entries(known).map(([option, value]) => [
      option,
      { type: value === "" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  let found: { values: Readonly<Record<string, unknown>>; positionals: readonly string[] };
  try {
    found = parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${sentenceOf(error)}\n\n${usageOf(name, command)}`);
  }
  const args = found.positionals;
  const isHelp = found.values["help"] === true;
  if (!isHelp && !fits(command, args)) throw new UsageError(usageOf(name, command));
  const given = Object.entries(found.values).map(([option, value]) => [
    option,
    value === true ? "" : String(value),
  ]);
  return { args, options: Object.fromEntries(given) as Options };
}

function fits({ takes }: Command, args: readonly string[]): boolean {
  const wanted = takes.split(" ").filter(Boolean).length;
  return takes.endsWith("…") ? args.length >= wanted : args.length === wanted;
}

async function read(path: string): Promise<string> {
  try {
    return path === "-" ? await textOf(process.stdin) : await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${sentenceOf(error)}`);
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { takes, does }]) => `  ${`${name} ${takes}`.padEnd(22)} ${does}`,
  );
  return [
    "holdfast COMMAND …",
    "",
    ...lines,
    "",
    `HOLDFAST is where the server is, ${URL_HERE} unless set; HOLDFAST_API_KEY is a key of it.`,
    "holdfast COMMAND --help tells the options of a command; --json prints what the server said.",
  ].join("\n");
}

function usageOf(name: string, command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON }).map(([option, value]) =>
    value === "" ? `  --${option}` : `  --${option} …`.padEnd(24) + value,
  );
  return [`holdfast ${name} ${command.takes}`.trimEnd(), `  ${command.does}`, ...options].join(
    "\n",
  );
}
