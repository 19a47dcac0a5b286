import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build as bundle, type Metafile, type Plugin } from "esbuild";
import { FUNCTION_NAMES, type FunctionName } from "../../lambdas/env.ts";

/** What one function's folder holds. */
export type Bundle = Readonly<{ name: FunctionName; metafile: Metafile }>;

const ROOT = resolve(import.meta.dirname, "../..");
export const OUTPUT = "dist/lambdas";

/** Packages that are CommonJS ask for `require`, which a module does not have. */
const REQUIRE =
  'import{createRequire as __holdfastRequire}from"node:module";' +
  "const require=__holdfastRequire(import.meta.url);";

/**
 * Bundles all functions, each into a folder of its own: `index.mjs`, and a chunk for what is only
 * imported when it is needed, which is how the providers of models cost no cold start.
 */
export async function bundleFunctions(
  output = join(ROOT, OUTPUT),
  names: readonly FunctionName[] = FUNCTION_NAMES,
): Promise<readonly Bundle[]> {
  return Promise.all(
    names.map(async (name) => {
      const outdir = join(output, name);
      rmSync(outdir, { recursive: true, force: true });
      const { metafile } = await bundle({
        absWorkingDir: ROOT,
        entryPoints: { index: `lambdas/${name}.ts` },
        outdir,
        bundle: true,
        minify: true,
        // Names of functions and classes are in logs and stacks.
        keepNames: true,
        metafile: true,
        splitting: true,
        format: "esm",
        platform: "node",
        target: "node24",
        mainFields: ["module", "main"],
        outExtension: { ".js": ".mjs" },
        chunkNames: "[name]-[hash]",
        sourcemap: true,
        sourcesContent: false,
        legalComments: "none",
        logLevel: "warning",
        banner: { js: REQUIRE },
        plugins: [englishOnly],
      });
      return { name, metafile };
    }),
  );
}

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
