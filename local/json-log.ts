import type { Log } from "../core/ports/log.ts";

/** One JSON object a line on standard error; standard output is for the person who started us. */
export function jsonLog(options: { quiet: boolean }): Log {
  const write = (level: string, message: string, fields: Readonly<Record<string, unknown>>) => {
    const line = { at: new Date().toISOString(), level, message, ...fields };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
  return {
    info: (message, fields = {}) => {
      if (!options.quiet) write("info", message, fields);
    },
    error: (message, fields = {}) => write("error", message, fields),
  };
}
