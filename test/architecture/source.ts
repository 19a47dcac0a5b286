import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "vite";

/** A node of the syntax tree, as far as these tests care. */
export type Node = Readonly<Record<string, unknown>> &
  Readonly<{ type: string; start: number; end: number }>;

export type Import = Readonly<{
  /** What it names, from the root of the repository when it is ours: `core/kernel/run.ts`. */
  target: string;
  /** As it is written. */
  specifier: string;
  /** Gone once types are stripped: `import type`, `export type … from`, `import("…").T`. */
  typeOnly: boolean;
}>;

export type Source = Readonly<{
  /** From the root of the repository, with forward slashes. */
  path: string;
  text: string;
  lines: readonly string[];
  tree: Node;
  comments: readonly Readonly<{ start: number; end: number }>[];
  imports: readonly Import[];
}>;

/** Made by tools, or without code. Any other folder at the root is read, and has to have a ring. */
const NOT_READ = new Set(["node_modules", "docs", "dist", "cdk.out", "coverage"]);
export const ROOT = posix.resolve(import.meta.dirname, "../..");

/** Every TypeScript file of the repository, as it is on disk now. */
export function allSources(): readonly Source[] {
  const top = readdirSync(ROOT, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith(".") && !NOT_READ.has(name),
  );
  const paths = top.flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const inside = readdirSync(join(ROOT, entry.name), { recursive: true, encoding: "utf8" });
    return inside.map((name) => `${entry.name}/${name.replaceAll("\\", "/")}`);
  });
  return paths
    .filter((path) => path.endsWith(".ts"))
    .toSorted()
    .map((path) => sourceOf(path, readFileSync(join(ROOT, path), "utf8")));
}

export function sourceOf(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const tree = program as unknown as Node;
  return { path, text, lines: text.split("\n"), tree, comments, imports: importsOf(path, tree) };
}

/** Calls `visit` for every node, outermost first, with the nodes around it, innermost last. */
export function walk(
  node: Node,
  visit: (node: Node, around: readonly Node[]) => void,
  around: readonly Node[] = [],
): void {
  visit(node, around);
  const inside = [...around, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, inside);
    }
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

export function lineOf(source: Source, position: number): number {
  return source.text.slice(0, position).split("\n").length;
}

function importsOf(path: string, tree: Node): readonly Import[] {
  const found: Import[] = [];
  walk(tree, (node) => {
    if (!NAMES_A_MODULE.has(node.type)) return;
    const named = node["source"];
    // `export { x };` has no source; `import(name)` has one that nobody can check.
    if (!isNode(named)) return;
    const specifier = typeof named["value"] === "string" ? named["value"] : "(computed)";
    found.push({
      specifier,
      target: specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier,
      typeOnly:
        node.type === "TSImportType" ||
        node["importKind"] === "type" ||
        node["exportKind"] === "type",
    });
  });
  return found;
}

const NAMES_A_MODULE = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);
