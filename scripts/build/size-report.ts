import type { Bundle } from "./bundle-functions.ts";

const BYTES_MAX = 1024 * 1024;

type Size = Readonly<{ name: string; start: number; later: number; modules: number }>;

/**
 * What a cold start loads (`index.mjs` and what it imports at once) and what may be loaded later.
 * A function is started for every burst of work, so what it loads at once is bounded.
 */
export function reportOn(bundles: readonly Bundle[]): { text: string; isTooLarge: boolean } {
  const sizes = bundles.map(sizeOf);
  const lines = sizes.map(({ name, start, later, modules }) => {
    const verdict = start > BYTES_MAX ? `  more than ${kb(BYTES_MAX)}` : "";
    const columns = [kb(start), String(modules), kb(later)].map((text) => text.padStart(14));
    return `${name.padEnd(14)}${columns.join("")}${verdict}`;
  });
  const head = ["at cold start", "modules", "loaded later"].map((text) => text.padStart(14));
  const text = [`${"function".padEnd(14)}${head.join("")}`, ...lines].join("\n");
  return { text, isTooLarge: sizes.some(({ start }) => start > BYTES_MAX) };
}

export function sizeOf({ name, metafile: { outputs }, later }: Bundle): Size {
  const code = Object.entries(outputs).filter(([path]) => path.endsWith(".mjs"));
  const entry = code.find(([, { entryPoint }]) => entryPoint === `lambdas/${name}.ts`)?.[0] ?? "";
  const atOnce = new Set([entry]);
  for (const path of atOnce) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import" && outputs[next]) atOnce.add(next);
    }
  }
  const size = { name, start: 0, later: 0, modules: 0 };
  for (const { outputs: others } of later) {
    for (const { bytes, inputs } of Object.values(others)) {
      if (Object.keys(inputs).length > 0) size.later += bytes;
    }
  }
  for (const [path, output] of code) {
    if (!atOnce.has(path)) size.later += output.bytes;
    else {
      size.start += output.bytes;
      size.modules += Object.keys(output.inputs).length;
    }
  }
  return size;
}

function kb(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}
