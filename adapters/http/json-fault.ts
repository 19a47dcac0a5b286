/**
 * Where JSON.parse stopped, as line and column from 1. The engine's own message gives a position
 * only sometimes, so a refused text is read a second time, by a scanner that keeps its place.
 */
export function jsonFault(text: string): { line: number; column: number } {
  const offset = faultOffset(text);
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

type Expect = "value" | "value or ]" | "key or }" | "key" | ":" | ", or end";

/** Where a scan is. `closers` holds what is still owed; there is no recursion to overflow. */
type Scan = { at: number; expect: Expect; readonly closers: string[] };

function faultOffset(text: string): number {
  const scan: Scan = { at: after(SPACE, text, 0), expect: "value", closers: [] };
  while (scan.at < text.length) {
    if (!step(scan, text)) return scan.at;
    scan.at = after(SPACE, text, scan.at);
  }
  return text.length;
}

/** Passes one token; false leaves `at` where the fault is. */
function step(scan: Scan, text: string): boolean {
  const character = text.charAt(scan.at);
  switch (scan.expect) {
    case ", or end":
      return separator(scan, character);
    case ":":
      return character === ":" && passed(scan, "value", scan.at + 1);
    case "key or }":
    case "key":
      if (scan.expect === "key or }" && character === "}") return closed(scan);
      return string(scan, text, ":");
    case "value or ]":
    case "value":
      if (scan.expect === "value or ]" && character === "]") return closed(scan);
      if (character === '"') return string(scan, text, ", or end");
      if (character === "{" || character === "[") return opened(scan, character);
      return passed(scan, ", or end", after(SCALAR, text, scan.at));
  }
}

function separator(scan: Scan, character: string): boolean {
  const closer = scan.closers.at(-1);
  if (closer === undefined) return false;
  if (character === closer) return closed(scan);
  return character === "," && passed(scan, closer === "}" ? "key" : "value", scan.at + 1);
}

function opened(scan: Scan, character: "{" | "["): boolean {
  scan.closers.push(character === "{" ? "}" : "]");
  return passed(scan, character === "{" ? "key or }" : "value or ]", scan.at + 1);
}

function closed(scan: Scan): boolean {
  scan.closers.pop();
  return passed(scan, ", or end", scan.at + 1);
}

function string(scan: Scan, text: string, next: Expect): boolean {
  const { isWhole, end } = scanString(text, scan.at);
  scan.at = end;
  scan.expect = next;
  return isWhole;
}

/** False when nothing was passed. */
function passed(scan: Scan, next: Expect, end: number): boolean {
  const isPassed = end > scan.at;
  scan.at = end;
  scan.expect = next;
  return isPassed;
}

/** A broken string has its fault where it breaks, not where it begins. */
function scanString(text: string, start: number): { isWhole: boolean; end: number } {
  if (text.charAt(start) !== '"') return { isWhole: false, end: start };
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { isWhole: true, end: at + 1 };
    if (code < SPACE_CODE) break;
    if (code === BACKSLASH) {
      const end = after(ESCAPE, text, at);
      if (end === at) break;
      at = end;
    } else at++;
  }
  return { isWhole: false, end: at };
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE_CODE = 0x20;

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
