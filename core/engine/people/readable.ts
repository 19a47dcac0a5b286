import { isObject, type Json } from "../../kernel/json.ts";
import { oneLine, plainText } from "./plain-text.ts";

export type Readable = Readonly<{ text: string /** Nothing was cut. */; complete: boolean }>;

const LINES_MAX = 60;
const LINE_LENGTH_MAX = 300;
const DEPTH_MAX = 6;

/** A value as a person would write it down: by names and indentation. Long ones are cut. */
export function readable(value: Json): Readable {
  const lines = writer();
  describe(lines, value, "", 0);
  return lines.end();
}

type Writer = Readonly<{
  add(line: string): void;
  isFull(): boolean;
  cut(): void;
  end(): Readable;
}>;

function writer(): Writer {
  const lines: string[] = [];
  let complete = true;
  const isFull = () => lines.length >= LINES_MAX;

  return {
    isFull,
    add(line) {
      if (isFull() || line.length > LINE_LENGTH_MAX) complete = false;
      if (!isFull()) lines.push(line.length > LINE_LENGTH_MAX ? shortened(line) : line);
    },
    cut() {
      complete = false;
    },
    end: () => ({ text: complete ? lines.join("\n") : `${lines.join("\n")}\n…`, complete }),
  };
}

function describe(lines: Writer, value: Json, label: string, depth: number): void {
  const indent = "  ".repeat(depth);
  const entries = entriesOf(value);
  if (entries.length === 0 || depth >= DEPTH_MAX) {
    if (entries.length > 0) lines.cut();
    const [first = "", ...rest] = plainText(oneValue(value)).split("\n", LINES_MAX + 1);
    lines.add(indent + label + first);
    for (const line of rest) lines.add(`${indent}${label === "" ? "" : "  "}${line}`);
    return;
  }
  if (label !== "") lines.add(indent + label.trimEnd());
  for (const [name, entry] of entries) {
    // A value may be far larger than what is shown of it.
    if (lines.isFull()) return lines.cut();
    describe(lines, entry, name, label === "" ? depth : depth + 1);
  }
}

function entriesOf(value: Json): readonly (readonly [label: string, entry: Json])[] {
  if (Array.isArray(value)) return value.map((entry: Json) => ["- ", entry] as const);
  if (!isObject(value)) return [];
  return Object.entries(value).map(([name, entry]) => [`${oneLine(name)}: `, entry] as const);
}

function oneValue(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null) return "none";
  return entriesOf(value).length === 0 ? "nothing" : "…";
}

function shortened(line: string): string {
  return `${line.slice(0, LINE_LENGTH_MAX - 1).toWellFormed()}…`;
}
