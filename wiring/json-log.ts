import type { Log } from "../core/ports/log.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One JSON object a line on standard error; standard output is for the person who started us. */
export function jsonLog(options: { quiet: boolean }): Log {
  return {
    info: (message, fields = {}) => {
      if (!options.quiet) write("info", message, fields);
    },
    error: (message, fields = {}) => write("error", message, fields),
  };
}

function write(level: string, message: string, fields: Fields): void {
  const line = { at: new Date().toISOString(), level, message, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
