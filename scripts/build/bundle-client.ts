import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build as bundle } from "esbuild";
import { startProcess } from "../support/proc.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const OUTPUT = join(ROOT, "dist", "client");

type Manifest = Readonly<{
  version: string;
  license: string;
  dependencies: Readonly<Record<string, string>>;
}>;

/**
 * Makes the client a package of its own: one file without an import, which runs in Node and in
 * browsers, its types, and the command line. The types are the contract's, which is written with
 * zod; so zod is its one dependency, for the compiler alone.
 */
export async function bundleClient(output = OUTPUT): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const settings = {
    absWorkingDir: ROOT,
    bundle: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  } as const;
  const [index, cli] = [join(output, "index.js"), join(output, "cli.js")];
  await Promise.all([
    bundle({ ...settings, entryPoints: ["client/index.ts"], outfile: index, platform: "neutral" }),
    bundle({ ...settings, entryPoints: ["client/cli/main.ts"], outfile: cli, platform: "node" }),
    declare(join(output, "types")),
  ]);
  chmodSync(cli, 0o755);
  const { version, license, dependencies } = manifestHere();
  const manifest = {
    name: "holdfast-client",
    version,
    license,
    description: "Draws workflows for Holdfast, and talks to it over HTTP.",
    type: "module",
    engines: { node: ">=20" },
    bin: { holdfast: "./cli.js" },
    exports: { ".": { types: "./types/client/index.d.ts", default: "./index.js" } },
    dependencies: { zod: dependencies["zod"] },
  };
  writeFileSync(join(output, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The compiler writes the types of the client, and of the contract as far as it needs it. */
async function declare(outDir: string): Promise<void> {
  const settings = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir,
    },
    include: [join(ROOT, "client", "index.ts")],
  };
  // Beside the packages, where the compiler looks for the types of Node.
  const folder = join(ROOT, "node_modules", ".cache", "holdfast");
  const file = join(folder, `tsconfig.client-${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(settings));
  try {
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const compiling = startProcess(process.execPath, [compiler, "-p", file], { cwd: ROOT });
    const { code } = await compiling.exited;
    if (code !== 0) throw new Error(`the types of the client: ${compiling.output()}`);
  } finally {
    rmSync(file);
  }
}

function manifestHere(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}
