import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./dynamo-local.ts";
import { startNode } from "./proc.ts";

/**
 * Writes the template of `lib/app.ts` into a folder, without the CDK's own command: that one also
 * looks for accounts, and takes twice as long. Functions' code is left out; bundles are beside it.
 */
export async function synthTemplate(folder: string, config: string): Promise<void> {
  const { context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as {
    context: Readonly<Record<string, unknown>>;
  };
  const told = {
    ...context,
    config,
    "aws:cdk:bundling-stacks": [],
    "aws:cdk:enable-path-metadata": true,
  };
  const app = startNode(join(ROOT, "lib", "app.ts"), [], {
    cwd: ROOT,
    env: { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(told), NODE_OPTIONS: undefined },
  });
  const { code } = await app.exited;
  if (code !== 0) throw new Error(`the template could not be made:\n${app.output()}`);
}
