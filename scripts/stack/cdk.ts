import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");
export const OUTPUT = "cdk.out";

/** Neither of these asks anything of anyone, and neither tells anyone anything. */
const QUIET = ["--no-notices", "--no-version-reporting"];
const SILENT = { CDK_DISABLE_CLI_TELEMETRY: "true", CDK_DISABLE_VERSION_CHECK: "1" };

/** Runs the CDK of this repository to its end, and gives its exit code. */
export async function cdk(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const tools = join(ROOT, "node_modules", ".bin");
  const child = spawn("cdk", [...args, ...QUIET], {
    cwd: ROOT,
    stdio: "inherit",
    env: {
      ...process.env,
      ...SILENT,
      ...environment,
      PATH: `${tools}${delimiter}${process.env["PATH"] ?? ""}`,
    },
  });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
