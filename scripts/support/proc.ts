import { type ChildProcess, spawn } from "node:child_process";
import { type Printed, printedBy } from "./printed.ts";

/** `code` is null when a signal ended it, and `signal` is null when it ended by itself. */
export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

export type Proc = Readonly<{
  pid: number;
  /** What it printed so far. */
  output(): string;
  /** The first line, of those printed and to come, that matches. */
  line: Printed["line"];
  exited: Promise<Exit>;
  /** SIGKILL: no handler runs, nothing is flushed. Resolves once the process is gone. */
  kill(): Promise<Exit>;
  /** SIGTERM, and SIGKILL when that was not heard in time. */
  stop(withinMs?: number): Promise<Exit>;
}>;

type Surroundings = Readonly<{
  cwd?: string;
  /** On top of what this process has; undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
}>;

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/**
 * Starts a program and watches what it says. No shell stands between, so a kill reaches the
 * program itself; and none outlives the script that started it, unless that one is killed too.
 */
export function startProcess(
  command: string,
  args: readonly string[],
  surroundings: Surroundings = {},
): Proc {
  const child = spawn(command, args, {
    cwd: surroundings.cwd,
    env: { ...process.env, ...surroundings.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = printedBy([command, ...args].join(" "), [child.stdout, child.stderr]);
  const exited = endOf(child).finally(printed.end);
  // Nobody may be waiting for the end yet; `exited` still rejects for whoever asks later.
  exited.catch(() => undefined);

  return {
    pid: child.pid ?? -1,
    output: printed.text,
    line: printed.line,
    exited,
    kill() {
      child.kill("SIGKILL");
      return exited;
    },
    stop(withinMs = 10_000) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
      return exited.finally(() => clearTimeout(timer));
    },
  };
}

/** The same for one of our own TypeScript files, on the Node that runs this. */
export function startNode(
  file: string,
  args: readonly string[] = [],
  surroundings: Surroundings = {},
): Proc {
  return startProcess(process.execPath, [file, ...args], surroundings);
}

/** The end is when the streams have been read to theirs, so that no last line is missed. */
function endOf(child: ChildProcess): Promise<Exit> {
  alive.add(child);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      alive.delete(child);
      reject(new Error(`could not start ${child.spawnfile}`, { cause }));
    });
    child.once("close", (code, signal) => {
      alive.delete(child);
      resolve({ code, signal });
    });
  });
}
