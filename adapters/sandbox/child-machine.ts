import { type ChildProcess, fork } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Done, Machine, Work } from "./quickjs-machine.ts";

const CHILD = fileURLToPath(new URL("./quickjs-child.ts", import.meta.url));
const HEAP_MB_MAX = 128;

type Outcome = Readonly<{ done: Done; isSpent: boolean }> | Readonly<{ lost: string }>;

/**
 * A machine in a process of its own, started when it is first needed and again after it was lost.
 * It keeps nobody's process up, and ends with the one that started it.
 *
 * A script that loses its process is run again, since it has no effects; one that loses two is
 * taken to be what ends them.
 */
export function childMachine(graceMs: number): Machine {
  let child: ChildProcess | undefined;

  function living(): ChildProcess {
    if (child?.connected) return child;
    const started = newChild();
    // Also between two scripts, when nobody else listens.
    started.on("exit", () => drop(started)).on("error", () => drop(started));
    child = started;
    return started;
  }

  function drop(dropped: ChildProcess): void {
    if (child === dropped) child = undefined;
    dropped.kill("SIGKILL");
  }

  async function attempt(work: Work): Promise<Outcome> {
    const worker = living();
    const outcome = await outcomeOf(worker, work, work.timeoutMs + graceMs);
    if ("lost" in outcome || outcome.isSpent) drop(worker);
    return outcome;
  }

  return {
    async run(work) {
      const first = await attempt(work);
      if ("done" in first) return first.done;
      const second = await attempt(work);
      if ("done" in second) return second.done;
      const message = `the script ended the process that ran it, twice (${second.lost})`;
      return { ok: false, reason: "memory", message };
    },
  };
}

function outcomeOf(child: ChildProcess, work: Work, limitMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      const message = "it took longer than it may";
      settle({ done: { ok: false, reason: "time", message }, isSpent: true });
    }, limitMs);
    const answered = (done: Done) => settle({ done, isSpent: false });
    const exited = (code: number | null, signal: string | null) =>
      settle({ lost: signal ?? `exit code ${code}` });
    const failed = (error: Error) => settle({ lost: error.message });

    function settle(outcome: Outcome): void {
      clearTimeout(timer);
      child.off("message", answered).off("exit", exited).off("error", failed);
      resolve(outcome);
    }
    child.on("message", answered).on("exit", exited).on("error", failed);
    child.send(work, (error) => error && failed(error));
  });
}

/** It may read its own code, and neither anything else nor the environment. */
function newChild(): ChildProcess {
  const read = [dirname(CHILD), ...packageFolders()].map(
    (dir) => `--allow-fs-read=${join(dir, "*")}`,
  );
  const execArgv = [`--max-old-space-size=${HEAP_MB_MAX}`, "--permission", ...read];
  const { LD_LIBRARY_PATH } = process.env;
  const child = fork(CHILD, {
    execArgv,
    // Without which Node itself does not start where it is not installed in the usual place.
    env: LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH },
    // What V8 prints when it fails is a tenant's to provoke: the log has the exit code instead.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.unref();
  child.channel?.unref();
  return child;
}

/** Where QuickJS is found; nowhere in a bundle, which has it in it. */
function packageFolders(): readonly string[] {
  const folders = createRequire(import.meta.url).resolve.paths("quickjs-emscripten-core") ?? [];
  return folders.filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder));
}
