import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bound, ROOT } from "./dynamo-local.ts";

/** Runs the tests of one configuration to their end, and answers with the exit code. */
export async function runVitest(
  config: string,
  env: Readonly<Record<string, string>>,
  names: readonly string[] = [],
): Promise<number> {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const tests = bound(
    spawn(process.execPath, [vitest, "run", "--config", join(ROOT, config), ...names], {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, ...env },
    }),
  );
  const [code] = (await once(tests, "exit")) as [number | null];
  return code ?? 1;
}
