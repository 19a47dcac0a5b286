import { readFileSync } from "node:fs";
import { ROOT } from "../architecture/source.ts";
import { type Example, examplesIn } from "../docs/workflow-examples.ts";

export type Pattern = Readonly<{
  number: number;
  name: string;
  /** Its document, and what happens, as docs/patterns.md tells it. */
  example: Example;
  /** What publishing answers to it: the code, the path, and what it names. */
  refused?: Readonly<{ code: string; path: string; names: string }>;
}>;

/** Those that Holdfast must know, those that it should know, and the others of the catalogue. */
export const MUST = [1, 2, 3, 4, 5, 9, 10, 11, 13, 14, 16, 19, 20, 21, 24, 26, 29, 30, 32, 35, 43];
export const SHOULD = [6, 7, 8, 12, 22, 23, 25, 27, 34, 39];
export const OTHERS = [15, 17, 18, 28, 31, 33, 36, 37, 38, 40, 41, 42];

/** The patterns of the document, in the order of their numbers. */
export function patternTable(): readonly Pattern[] {
  const text = readFileSync(`${ROOT}/docs/patterns.md`, "utf8");
  return text
    .split(/^### /m)
    .slice(1)
    .map(patternIn)
    .toSorted((a, b) => a.number - b.number);
}

function patternIn(section: string): Pattern {
  const [title = ""] = section.split("\n");
  const [, number, name = ""] = /^(\d+)\. (.+)$/.exec(title) ?? [];
  const [example, ...others] = examplesIn(section);
  if (!example || others.length > 0) throw new Error(`"${title}" has not one document`);
  const [first = ""] = example.story;
  const [, code = "", path = "", names = ""] = /^refused: (\w+) (\S+) (".*")$/.exec(first) ?? [];
  return {
    number: Number(number),
    name,
    example,
    ...(code !== "" && { refused: { code, path, names } }),
  };
}
