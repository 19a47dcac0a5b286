import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Json } from "../../../core/kernel/json.ts";
import type { WorldClock } from "../world-clock.ts";
import type { FromEnvironment, InvocationError, ToEnvironment } from "./messages.ts";

const BOOT = fileURLToPath(new URL("boot.ts", import.meta.url));
const LINES_MAX = 400;

export type Outcome =
  | Readonly<{ type: "answer"; payload: string }>
  | Readonly<{ type: "failed"; error: InvocationError }>;

/** Takes what a function streams, as it comes. */
export type Listener = Readonly<{
  prelude(status: number, headers: Readonly<Record<string, string>>): void;
  chunk(bytes: Buffer): void;
}>;

export type Environment = ReturnType<typeof environment>;

const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/**
 * One environment of a function: a process that has imported its bundle and takes one event at a
 * time. Between events it stands still, as Lambda's do: what a handler leaves behind does not run.
 */
export function environment(options: {
  bundle: string;
  env: Readonly<Record<string, string>>;
  clock: WorldClock;
  log: (line: string) => void;
}) {
  const { clock, log } = options;
  const id = randomUUID();
  const child = fork(BOOT, [options.bundle], {
    // The environment of the machine stays outside: a function has what the template gives it.
    env: { ...options.env, PATH: process.env["PATH"] ?? "", AWS_SESSION_TOKEN: id },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  living.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter(Boolean).slice(-LINES_MAX)) log(line);
    });
  }

  let current: { id: string; settle: (outcome: Outcome) => void; listener?: Listener } | undefined;
  let isDead = false;
  let isDoomed = false;
  let usable: (usable: true) => void;
  let unusable: (error: Error) => void;
  const ready = new Promise<true>((resolve, reject) => {
    usable = resolve;
    unusable = reject;
  });
  ready.catch(() => undefined);

  const stopMoves = clock.onMove((offsetMs) => {
    if (current) tell({ type: "clock", offsetMs });
  });

  child.on("message", (message: FromEnvironment) => {
    if (message.type === "ready") return usable(true);
    if (message.type === "unusable") return unusable(new Error(textOf(message.error)));
    if (message.id !== current?.id) return;
    if (message.type === "prelude") current.listener?.prelude(message.status, message.headers);
    else if (message.type === "chunk")
      current.listener?.chunk(Buffer.from(message.base64, "base64"));
    else end(message);
  });

  child.once("exit", (code, signal) => {
    isDead = true;
    living.delete(child);
    stopMoves();
    const errorMessage = `the process ended with ${signal ?? code}`;
    unusable(new Error(errorMessage));
    end({ type: "failed", error: { errorType: "Runtime.ExitError", errorMessage } });
  });

  function tell(message: ToEnvironment): void {
    // A process that has just been killed cannot be told; its exit says the rest.
    if (child.connected) child.send(message, () => undefined);
  }

  function end(outcome: Outcome): void {
    const ended = current;
    current = undefined;
    if (!isDead) child.kill("SIGSTOP");
    ended?.settle(outcome);
  }

  function kill(): void {
    isDoomed = true;
    // A process that stands still is killed as well.
    child.kill("SIGKILL");
  }

  return {
    id,
    ready,
    isDead: () => isDead || isDoomed,
    isBusy: () => current !== undefined,
    kill,
    /** Gives it an event. When `timeoutMs` is over, the process is killed in whatever it does. */
    async invoke(event: Json, timeoutMs: number, listener?: Listener): Promise<Outcome> {
      if (current) throw new Error("an environment takes one event at a time");
      const invocation = randomUUID();
      const outcome = new Promise<Outcome>((settle) => {
        current = { id: invocation, settle, ...(listener && { listener }) };
      });
      const timer = setTimeout(() => {
        const errorMessage = `timed out after ${timeoutMs} ms`;
        kill();
        end({ type: "failed", error: { errorType: "Sandbox.Timedout", errorMessage } });
      }, timeoutMs);
      child.kill("SIGCONT");
      const deadlineAt = Date.now() + timeoutMs;
      tell({ type: "invoke", id: invocation, event, deadlineAt, offsetMs: clock.offset() });
      return outcome.finally(() => clearTimeout(timer));
    },
    exited: (): Promise<void> =>
      isDead ? Promise.resolve() : new Promise((done) => child.once("exit", () => done())),
  };
}

function textOf({ errorType, errorMessage, trace }: InvocationError): string {
  return `${errorType}: ${errorMessage}\n${trace ?? ""}`;
}
