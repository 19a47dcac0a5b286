import { rmSync } from "node:fs";
import { join } from "node:path";
import { cdk, OUTPUT, ROOT } from "./stack/cdk.ts";
import { findingsIn, templateIn } from "./stack/report.ts";

/**
 * `npm run synth` makes the template and judges it, without a network or Docker: AWS's own
 * validation, and the rules of cdk-nag. Any finding ends it with 1. Functions are bundled first, by
 * `build` in cdk.json. What follows is for CDK: `npm run synth -- -c config=FILE`.
 */
const began = performance.now();
const folder = join(ROOT, OUTPUT);
// A report of the last time must not be taken for one of this time.
rmSync(folder, { recursive: true, force: true });
const code = await cdk(["synth", "--quiet", "--output", OUTPUT, ...process.argv.slice(2)]);
const { errors, warnings } = findingsIn(folder);

for (const finding of [...warnings, ...errors]) console.error(finding);
if (code !== 0 || errors.length > 0) {
  console.error(`\nsynth: failed, ${errors.length} findings`);
  process.exit(1);
}
const resources = Object.values(templateIn(folder).Resources);
const functions = resources.filter(({ Type }) => Type === "AWS::Lambda::Function");
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(
  `synth: ok, ${resources.length} resources, ${functions.length} functions, no finding, ${seconds} s`,
);
