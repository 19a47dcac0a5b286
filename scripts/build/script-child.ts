import { copyFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from "esbuild";

const STARTER = /[\\/]adapters[\\/]sandbox[\\/]child-machine\.ts$/;
const SOURCE = "./quickjs-child.ts";
const CHILD = "./quickjs-child.mjs";
/** Found by the module beside itself. */
const WASM = "emscripten-module.wasm";

/** The process that runs scripts is a file that a path names, which no bundler follows. */
export function scriptChild(
  outdir: string,
  settings: BuildOptions,
  made: (metafile: Metafile) => void,
): Plugin {
  return {
    name: "script-child",
    setup: (build) => {
      build.onLoad({ filter: STARTER }, async ({ path }) => {
        const source = readFileSync(path, "utf8");
        if (!source.includes(SOURCE)) throw new Error(`${path} starts no ${SOURCE} any more`);
        const { metafile } = await bundle({
          ...settings,
          entryPoints: [join(dirname(path), SOURCE)],
          outfile: join(outdir, CHILD),
          format: "esm",
          metafile: true,
        });
        made(metafile);
        const { resolve } = createRequire(path);
        copyFileSync(resolve("@jitl/quickjs-wasmfile-release-sync/wasm"), join(outdir, WASM));
        return { contents: source.replace(SOURCE, CHILD), loader: "ts" };
      });
    },
  };
}
