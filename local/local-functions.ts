import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CallFailure } from "../core/ports/call-failure.ts";
import type { FunctionAnswer, FunctionCall, Functions } from "../core/ports/functions.ts";

const CHILD = fileURLToPath(new URL("function-child.ts", import.meta.url));

/**
 * Functions as files of the laptop, by their ARN. Each call is a process of its own, so that a
 * handler cannot reach the server, leave something behind, or outlive its call.
 */
export function localFunctions(files: Readonly<Record<string, string>>): Functions {
  return {
    async invoke(call, signal) {
      const { functionArn } = call;
      const file = Object.hasOwn(files, functionArn) ? files[functionArn] : undefined;
      if (file === undefined) {
        const message = `${functionArn} is called in a deployment; here no local file stands for it.`;
        throw new CallFailure("TARGET_REFUSED", message, { retryable: false });
      }
      return callOnce(pathToFileURL(isAbsolute(file) ? file : resolve(file)).href, call, signal);
    },
  };
}

function callOnce(file: string, call: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<FunctionAnswer>();
  // What the function prints is seen where the server's own log is.
  const child = fork(CHILD, { env: surroundings(), stdio: ["ignore", 2, 2, "ipc"], execArgv: [] });
  const abandon = () => child.kill("SIGKILL");
  signal.addEventListener("abort", abandon, { once: true });
  child.once("message", (answer: FunctionAnswer) => answered(answer));
  child.once("error", reject);
  child.once("exit", (code, killed) => {
    signal.removeEventListener("abort", abandon);
    if (signal.aborted) {
      const message = `The call of ${call.functionArn} was abandoned.`;
      return reject(new CallFailure("ABORTED", message, { retryable: true }));
    }
    const errorMessage = `the process ended with ${killed ?? code} before it had answered`;
    const error = { errorType: "Runtime.ExitError", errorMessage };
    answered({ payload: JSON.stringify(error), failed: true });
  });
  const { functionArn, event, idempotencyKey, timeoutMs } = call;
  const context = {
    awsRequestId: randomUUID(),
    functionName: functionArn.split(":")[6],
    invokedFunctionArn: functionArn,
    clientContext: { custom: { idempotencyKey } },
  };
  child.send({ file, event, context, endsAt: Date.now() + timeoutMs });
  if (signal.aborted) abandon();
  return promise;
}

/** A function knows nothing of the server that calls it. */
function surroundings(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("HOLDFAST_"));
  return Object.fromEntries(entries);
}
