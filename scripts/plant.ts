import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PLANTS, type Plant } from "./plant/plants.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const COPIED = [
  "core",
  "adapters",
  "local",
  "wiring",
  "test",
  "scripts",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
/** The simulation is run in a process of its own, which exits 1 when it is red. */
const HOW: Readonly<Record<Plant["by"], readonly string[]>> = {
  histories: ["scripts/simulate.ts", "--until-wrong"],
  misfortunes: ["node_modules/vitest/vitest.mjs", "run", "test/simulation/misfortunes.test.ts"],
};

/**
 * Plants a bug in a copy of the source, which the simulation must find. `--plant NAME`
 * plants one, nothing plants all; `--seeds N` bounds the histories. Exits 1 if a bug is not found.
 */
const { values } = parseArgs({
  options: { plant: { type: "string" }, seeds: { type: "string", default: "150" } },
});

const wanted = PLANTS.filter(({ name }) => values.plant === undefined || name === values.plant);
if (wanted.length === 0) throw new Error(`there is no bug to plant called ${values.plant}`);
const missed = wanted.filter((plant) => !isFound(plant));
console.log(`${wanted.length - missed.length} of ${wanted.length} planted bugs were found`);
process.exit(missed.length > 0 ? 1 : 0);

function isFound({ name, by, file, from, to }: Plant): boolean {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-plant-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const path = join(folder, file);
    const source = readFileSync(path, "utf8");
    if (!source.includes(from)) throw new Error(`${file} no longer has what ${name} replaces`);
    writeFileSync(path, source.replace(from, to));
    const args = [...HOW[by], ...(by === "histories" ? ["--seeds", values.seeds] : [])];
    // Plain text, whatever this is printed to: it is read below.
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
    const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
    const lines = `${ran.stdout}\n${ran.stderr}`.split("\n").map((line) => line.trim());
    const first = lines.findIndex((line) => /^seed \d+:$|^FAIL /.test(line));
    const found = ran.status === 1 && first >= 0;
    const told = found ? lines.slice(first, first + 2).join(" ") : ran.stderr;
    console.log(`${found ? "found" : "MISSED"}  ${name}: ${told.slice(0, 200)}`);
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
