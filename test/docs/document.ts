import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { ROOT } from "../architecture/source.ts";
import { MACHINE_PATH } from "../architecture/tidy.ts";

export type Document = Readonly<{
  /** From the root of the repository. */
  path: string;
  text: string;
  headings: readonly Readonly<{ level: number; title: string }>[];
}>;

/** Every Markdown file at the root and in docs/. */
export function allDocuments(): readonly Document[] {
  const inDocs = readdirSync(`${ROOT}/docs`, { recursive: true, encoding: "utf8" });
  return [...readdirSync(ROOT), ...inDocs.map((name) => `docs/${name.replaceAll("\\", "/")}`)]
    .filter((path) => path.endsWith(".md"))
    .toSorted()
    .map((path) => documentOf(path, readFileSync(`${ROOT}/${path}`, "utf8")));
}

export function documentOf(path: string, text: string): Document {
  const headings = [...prose(text).matchAll(/^(#{1,6}) +(.+?) *$/gm)].map(([, marks, title]) => ({
    level: marks?.length ?? 0,
    title: title ?? "",
  }));
  return { path, text, headings };
}

/** Links to files and headings that are not there. Addresses elsewhere are not looked up. */
export function brokenLinks(document: Document): readonly string[] {
  const targets = [...prose(document.text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? "");
  return targets
    .filter((target) => !/^[a-z]+:/i.test(target))
    .filter((target) => !leads(document, target))
    .map((target) => `${document.path} links to ${target}`);
}

function leads(from: Document, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from.path : posix.join(posix.dirname(from.path), path);
  if (path !== "" && !existsSync(`${ROOT}/${file}`)) return false;
  if (anchor === undefined) return true;
  const text = path === "" ? from.text : readFileSync(`${ROOT}/${file}`, "utf8");
  return documentOf(file, text).headings.some(({ title }) => slug(title) === anchor);
}

/** As the usual viewers make an anchor of a heading. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

const OURS = /^(?:core|adapters|local|client|examples|scripts|test|docs|\.ci)(?:\/[\w.-]+)*\/?$/;
const AT_ROOT = /^[\w.-]+\.(?:md|ts|json)$/;

/** Names of our files and folders, in backticks, that are not there. */
export function missingPaths(document: Document): readonly string[] {
  return codeIn(document)
    .filter((code) => (code.includes("/") ? OURS.test(code) : AT_ROOT.test(code)))
    .filter((code) => !existsSync(`${ROOT}/${code}`))
    .map((code) => `${document.path} names ${code}`);
}

/** Constants that limits.md says a file keeps, and that are not in it. */
export function missingConstants(document: Document): readonly string[] {
  const kept = document.text.matchAll(/`([\w./-]+\.ts)` `(\w+)` *\|/g);
  return [...kept].flatMap(([, file = "", constant = ""]) => {
    if (!existsSync(`${ROOT}/${file}`)) return [`${file} is not there`];
    const words = new Set<string>(readFileSync(`${ROOT}/${file}`, "utf8").match(/\w+/g));
    return words.has(constant) ? [] : [`${file} has no ${constant}`];
  });
}

export function repeatedHeadings({ path, headings }: Document): readonly string[] {
  const titles = headings.map(({ title }) => title.toLowerCase());
  return titles
    .filter((title, index) => titles.indexOf(title) !== index)
    .map((title) => `${path} has two headings "${title}"`);
}

export function machinePaths({ path, text }: Document): readonly string[] {
  const match = MACHINE_PATH.exec(text);
  return match ? [`${path} names ${match[0]}`] : [];
}

function codeIn({ text }: Document): readonly string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? "");
}

/** Without fenced blocks, whose contents are not links or headings. */
function prose(text: string): string {
  return text.replace(/^ *```[^]*?^ *```/gm, "");
}
