import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from "esbuild";
import { FUNCTION_NAMES, type FunctionName } from "../../lambdas/env.ts";
import { apart } from "./apart.ts";
import { scriptChild } from "./script-child.ts";

/** What one function's folder holds: what its start loads, and what is loaded later. */
export type Bundle = Readonly<{
  name: FunctionName;
  metafile: Metafile;
  later: readonly Metafile[];
}>;

const ROOT = resolve(import.meta.dirname, "../..");
const OUTPUT = join(ROOT, "dist", "lambdas");

/** Packages that are CommonJS ask for `require`, which a module does not have. */
const REQUIRE =
  'import{createRequire as __holdfastRequire}from"node:module";' +
  "const require=__holdfastRequire(import.meta.url);";

/** Zod brings its messages in fifty languages, a quarter of a megabyte, and we speak one. */
const englishOnly: Plugin = {
  name: "english-only",
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

const SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  logLevel: "warning",
  banner: { js: REQUIRE },
  define: { "process.env.HOLDFAST_VERSION": JSON.stringify(versionHere()) },
  plugins: [englishOnly],
} as const satisfies BuildOptions;

/** Bundles functions, each into a folder of its own, with `index.mjs` as its entry. */
export async function bundleFunctions(
  output = OUTPUT,
  names: readonly FunctionName[] = FUNCTION_NAMES,
): Promise<readonly Bundle[]> {
  return Promise.all(
    names.map(async (name) => {
      const outdir = join(output, name);
      rmSync(outdir, { recursive: true, force: true });
      const later: Metafile[] = [];
      const keep = (made: Metafile) => void later.push(made);
      const settings = { ...SETTINGS, plugins: [...SETTINGS.plugins] };
      const { metafile } = await bundle({
        ...settings,
        plugins: [
          ...settings.plugins,
          scriptChild(outdir, settings, keep),
          apart(outdir, settings, keep),
        ],
        entryPoints: { index: `lambdas/${name}.ts` },
        outdir,
        metafile: true,
        splitting: true,
        format: "esm",
        outExtension: { ".js": ".mjs" },
        chunkNames: "[name]-[hash]",
      });
      return { name, metafile, later };
    }),
  );
}

function versionHere(): string {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
