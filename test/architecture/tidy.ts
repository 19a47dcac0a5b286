import { posix } from "node:path";
import { isNode, lineOf, type Node, type Source, walk } from "./source.ts";

type Rule = Readonly<{
  /** The rest of "every file …". */
  name: string;
  check: (source: Source) => readonly string[];
}>;

const COLUMNS_MAX = 100;
const LINES_MAX = 250;
/** A test file is a table of cases: long is easier to live with than scattered. */
const TEST_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 50;

// Written so that this file does not contain what it looks for.
const UNFINISHED = /\b(TO[D]O|FIX[M]E|HA[C]K|XX[X]|not implemente[d]|placeholde[r])\b/;
const VAGUE = /(^|-)(utils?|common|helpers?|misc|shared|manager|service|impl)(-|\.|$)/;
export const MACHINE_PATH = /\/(?:work|far[m]|roo[t]|hom[e]|User[s])\/[a-z]|\/tmp\/bas[h]_jobs/;

/** The style that can be checked, as sentences about every file. */
export const RULES: readonly Rule[] = [
  {
    name: `keeps its comments within ${COLUMNS_MAX} columns`,
    check: (source) =>
      commentLines(source)
        .filter(({ text }) => text.length > COLUMNS_MAX && !/https?:\/\//.test(text))
        .map(({ line, text }) => `${source.path}:${line} has ${text.length} columns`),
  },
  {
    name: `has at most ${LINES_MAX} lines, a test file ${TEST_LINES_MAX}`,
    check: (source) => {
      const { path, lines } = source;
      const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
      const most = isTest(source) ? TEST_LINES_MAX : LINES_MAX;
      return count > most ? [`${path} has ${count} lines`] : [];
    },
  },
  {
    name: `has functions of at most ${FUNCTION_LINES_MAX} lines of their own`,
    // A `describe` is a table of contents and not a function that is read as one.
    check: (source) => (isTest(source) ? [] : longFunctions(source)),
  },
  {
    name: "is finished",
    check: (source) =>
      matches(source, UNFINISHED).map(({ line, found }) => `${source.path}:${line} says ${found}`),
  },
  {
    name: "names what it exports",
    check: (source) =>
      nodes(source, (node) => node.type === "ExportDefaultDeclaration" && !isConfig(source)).map(
        (line) => `${source.path}:${line} has a default export`,
      ),
  },
  {
    name: "has a name in kebab-case that says what is in it",
    check: ({ path }) => {
      const name = posix.basename(path);
      if (
        !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract|config|(dynamo|wire)\.config))?\.ts$/.test(name)
      ) {
        return [`${path} is not in kebab-case`];
      }
      return path.split("/").some((part) => VAGUE.test(part)) ? [`${path} says nothing`] : [];
    },
  },
  {
    name: "runs all of its tests",
    check: (source) =>
      nodes(source, isSingledOut).map((line) => `${source.path}:${line} leaves tests out`),
  },
  {
    name: "states in its tests what is true, not what ought to be",
    check: (source) =>
      nodes(source, (node) => /\bshould\b/i.test(testName(node) ?? "")).map(
        (line) => `${source.path}:${line} says "should"`,
      ),
  },
  {
    name: "imports its neighbours with their suffix",
    check: ({ path, imports }) =>
      imports
        .filter(({ specifier }) => /^\.\.?(\/|$)/.test(specifier))
        .filter(({ specifier }) => !/\.(ts|mjs|json)$/.test(specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`),
  },
  {
    name: "names no path of anyone's machine",
    check: (source) =>
      matches(source, MACHINE_PATH).map(
        ({ line, found }) => `${source.path}:${line} names someone's machine: ${found}`,
      ),
  },
];

function isTest({ path }: Source): boolean {
  return path.startsWith("test/");
}

function isConfig({ path }: Source): boolean {
  return path.endsWith(".config.ts");
}

function matches(source: Source, pattern: RegExp): readonly { line: number; found: string }[] {
  return source.lines.flatMap((text, index) => {
    const match = pattern.exec(text);
    return match ? [{ line: index + 1, found: match[0] }] : [];
  });
}

function nodes(source: Source, wanted: (node: Node) => boolean): readonly number[] {
  const found: number[] = [];
  walk(source.tree, (node) => {
    if (wanted(node)) found.push(lineOf(source, node.start));
  });
  return found;
}

function commentLines(source: Source): readonly { line: number; text: string }[] {
  const numbers = new Set<number>();
  for (const { start, end } of source.comments) {
    const last = lineOf(source, end);
    for (let line = lineOf(source, start); line <= last; line++) numbers.add(line);
  }
  return [...numbers].map((line) => ({ line, text: source.lines[line - 1] ?? "" }));
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Lines of functions inside count for those: a factory is as long as what it does itself. */
function longFunctions(source: Source): readonly string[] {
  const own = new Map<Node, number>();
  walk(source.tree, (node, around) => {
    if (!FUNCTIONS.has(node.type)) return;
    const height = lineOf(source, node.end) - lineOf(source, node.start) + 1;
    own.set(node, (own.get(node) ?? 0) + height);
    const outer = around.findLast(({ type }) => FUNCTIONS.has(type));
    if (outer) own.set(outer, (own.get(outer) ?? 0) - (height - 1));
  });
  return [...own]
    .filter(([, lines]) => lines > FUNCTION_LINES_MAX)
    .map(([node, lines]) => `${source.path}:${lineOf(source, node.start)} has ${lines} lines`);
}

const TESTERS = new Set(["test", "it", "describe", "suite"]);

function isSingledOut(node: Node): boolean {
  if (node.type !== "MemberExpression") return false;
  const { object, property } = node;
  return (
    isNode(object) &&
    isNode(property) &&
    TESTERS.has(String(object["name"])) &&
    ["skip", "only", "todo"].includes(String(property["name"]))
  );
}

/** The name given to `test("…")`, `describe.each(…)("…")` and the like. */
function testName(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  let callee = node["callee"];
  while (isNode(callee) && callee.type !== "Identifier") {
    callee = callee["object"] ?? callee["callee"] ?? callee["tag"];
  }
  if (!isNode(callee) || !TESTERS.has(String(callee["name"]))) return undefined;
  const [first] = node["arguments"] as readonly Node[];
  if (first?.type === "Literal") return String(first["value"]);
  if (first?.type !== "TemplateLiteral") return undefined;
  const quasis = first["quasis"] as readonly { value: { raw: string } }[];
  return quasis.map(({ value }) => value.raw).join("…");
}
