import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFunctions } from "./build/bundle-functions.ts";
import { Missing, startDynamoLocal } from "./support/dynamo-local.ts";
import { runVitest } from "./support/run-vitest.ts";
import { synthTemplate } from "./support/synth.ts";
import { wireReport } from "./support/wire-report.ts";

/**
 * `npm run test:wire` deploys the stack on emulators and runs the scenarios: the synthesized
 * template, the bundles of the functions, DynamoDB Local behind them. Arguments name test files.
 */
async function main(names: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-wire-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const [template, bundles, report] = ["template", "bundles", "report"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const [{ endpoint }] = await Promise.all([
    startDynamoLocal(),
    bundleFunctions(bundles),
    synthTemplate(template, join("test", "wire", "config.json")),
  ]);
  const code = await runVitest(
    "vitest.wire.config.ts",
    {
      HOLDFAST_WIRE_DYNAMO: endpoint,
      HOLDFAST_WIRE_TEMPLATE: template,
      HOLDFAST_WIRE_BUNDLES: bundles,
      HOLDFAST_WIRE_REPORT: report,
    },
    names,
  );
  const { text, isClean } = wireReport(report);
  console.log(text);
  // Some files alone cannot use every grant.
  return code === 0 && names.length === 0 && !isClean ? 1 : code;
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(`test:wire: ${error.message}`);
  process.exit(1);
}
