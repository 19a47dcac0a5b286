import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join, resolve } from "node:path";

type Step = Readonly<{ name: string; command: string; args: readonly string[] }>;
type Outcome = Readonly<{ step: Step; passed: boolean; seconds: number }>;

const ROOT = resolve(import.meta.dirname, "..");
/** A log keeps the plain text; Biome colours every character of a difference by itself. */
const COLORS = process.stdout.isTTY ? "--colors=force" : "--colors=off";

const STEPS: readonly Step[] = [
  { name: "format", command: "biome", args: ["ci", COLORS, "."] },
  { name: "lint", command: "oxlint", args: ["--deny-warnings"] },
  { name: "types", command: "tsc", args: [] },
  { name: "dead code", command: "knip", args: [] },
  { name: "synth", command: "node", args: ["scripts/synth.ts"] },
  { name: "tests", command: "vitest", args: ["run"] },
];

const options = new Set(process.argv.slice(2));
const unknown = [...options].filter((option) => option !== "--no-tests");
if (unknown.length > 0) {
  console.error(`check knows --no-tests, and not ${unknown.join(" ")}`);
  process.exit(2);
}

/**
 * Everything a change has to pass. All steps run, whatever the first of them says, so that one
 * run shows all there is to mend. CI has run the tests just before, and leaves them out here.
 */
const outcomes: Outcome[] = [];
for (const step of STEPS) {
  if (step.name === "tests" && options.has("--no-tests")) continue;
  outcomes.push(await run(step));
}

console.log("");
for (const { step, passed, seconds } of outcomes) {
  const words = [step.name.padEnd(10), passed ? "passed" : "FAILED", `${seconds.toFixed(1)} s`];
  console.log(`  ${words.join("  ")}`);
}
const failed = outcomes.filter((outcome) => !outcome.passed);
if (failed.length > 0) {
  console.log(`\ncheck: failed: ${failed.map(({ step }) => step.name).join(", ")}`);
  process.exitCode = 1;
} else {
  console.log("\ncheck: ok");
}

async function run(step: Step): Promise<Outcome> {
  console.log(`\n── ${step.name}: ${[step.command, ...step.args].join(" ")}`);
  const began = performance.now();
  const child = spawn(step.command, step.args, { cwd: ROOT, stdio: "inherit", env: toolsFirst() });
  let passed = false;
  try {
    const [code] = await once(child, "close");
    passed = code === 0;
  } catch (error) {
    console.error(`${step.command} could not be started. Has \`npm ci\` been run?`, error);
  }
  return { step, passed, seconds: (performance.now() - began) / 1_000 };
}

/** The project's own tools, and its own Node for those that begin with `#!/usr/bin/env node`. */
function toolsFirst(): NodeJS.ProcessEnv {
  const tools = join(ROOT, "node_modules", ".bin");
  return { ...process.env, PATH: `${tools}${delimiter}${process.env["PATH"] ?? ""}` };
}
