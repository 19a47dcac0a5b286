import { join } from "node:path";
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from "esbuild";

/** Packages in a file of their own, which is loaded when one of their exports is first used. */
type Apart = Readonly<{
  /** What the file exports, as a module says it. */
  contents: string;
  /** By package, and by name of the export there, what it is called in the file. */
  exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}>;

/**
 * What most calls of a function never touch, and whose callers cannot wait for a promise. All of
 * these exports are classes or functions; what stands for one loads the file and hands on.
 */
const SYNCHRONOUS: Readonly<Record<string, Apart>> = {
  ajv: {
    // Together, because one looks at classes of the other.
    contents: `export { Ajv2020 } from "ajv/dist/2020.js";
               export { default as addFormats } from "ajv-formats";`,
    exports: {
      "ajv/dist/2020.js": { Ajv2020: "Ajv2020" },
      "ajv-formats": { default: "addFormats" },
    },
  },
  re2js: { contents: `export { RE2JS } from "re2js";`, exports: { re2js: { RE2JS: "RE2JS" } } },
  feelin: {
    contents: `export * from "feelin";`,
    exports: { feelin: sameNames("evaluate", "parseExpression", "parseUnaryTests", "unaryTest") },
  },
  quickjs: {
    contents: `export * from "quickjs-emscripten-core";`,
    exports: {
      "quickjs-emscripten-core": sameNames("newQuickJSWASMModuleFromVariant", "newVariant"),
    },
  },
  croner: { contents: `export { Cron } from "croner";`, exports: { croner: { Cron: "Cron" } } },
};

function sameNames(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

/**
 * Takes two kinds of packages out of what a cold start loads: those of the list above, and all that
 * are imported by `import()`. Each becomes a bundle that shares nothing with the rest, since what
 * is shared is loaded at the start, in full.
 */
export function apart(
  outdir: string,
  settings: BuildOptions,
  made: (metafile: Metafile) => void,
): Plugin {
  const files = new Map<string, Promise<void>>();

  function bundleOnce(file: string, contents: string, resolveDir: string): Promise<void> {
    const known = files.get(file);
    if (known) return known;
    const isModule = file.endsWith(".mjs");
    const making = bundle({
      ...settings,
      plugins: settings.plugins ?? [],
      stdin: { contents, resolveDir, sourcefile: file },
      outfile: join(outdir, file),
      format: isModule ? "esm" : "cjs",
      banner: isModule ? (settings.banner ?? {}) : {},
      metafile: true,
    }).then(({ metafile }) => made(metafile));
    files.set(file, making);
    return making;
  }

  return {
    name: "apart",
    setup: (build) => {
      build.onResolve({ filter: /^[@a-z]/ }, async ({ path, kind, resolveDir }) => {
        if (path.startsWith("node:")) return undefined;
        if (kind === "dynamic-import") {
          const file = `${path.replaceAll(/[^a-z0-9]+/gi, "-").replace(/^-/, "")}.mjs`;
          await bundleOnce(file, `export * from ${JSON.stringify(path)};`, resolveDir);
          return { path: `./${file}`, external: true };
        }
        const name = Object.keys(SYNCHRONOUS).find((one) => SYNCHRONOUS[one]?.exports[path]);
        if (name === undefined) return undefined;
        await bundleOnce(`${name}.cjs`, SYNCHRONOUS[name]?.contents ?? "", resolveDir);
        return { path, namespace: "apart", pluginData: name };
      });
      build.onLoad({ filter: /.*/, namespace: "apart" }, ({ path, pluginData }) => ({
        contents: standIn(String(pluginData), path),
        loader: "js",
      }));
    },
  };
}

function standIn(name: string, path: string): string {
  const exported = Object.entries(SYNCHRONOUS[name]?.exports[path] ?? {});
  const lines = exported.map(([outer, inner]) => {
    const value = `standFor(${JSON.stringify(inner)})`;
    return outer === "default" ? `export default ${value};` : `export const ${outer} = ${value};`;
  });
  return `
    import { createRequire } from "node:module";
    let loaded;
    const load = () => (loaded ??= createRequire(import.meta.url)("./${name}.cjs"));
    const standFor = (name) => new Proxy(function () {}, {
      get: (_, property) => load()[name][property],
      apply: (_, self, given) => Reflect.apply(load()[name], self, given),
      construct: (_, given) => Reflect.construct(load()[name], given),
    });
    ${lines.join("\n")}`;
}
