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

/** The stack holds the closers that are still owed; there is no recursion to overflow. */
function faultOffset(text: string): number {
  const closers: string[] = [];
  let expect: Expect = "value";
  let at = after(SPACE, text, 0);
  while (at < text.length) {
    const character = text.charAt(at);
    if (expect === ", or end") {
      const closer = closers.at(-1);
      if (closer === undefined) return at;
      if (character === closer) closers.pop();
      else if (character === ",") expect = closer === "}" ? "key" : "value";
      else return at;
      at++;
    } else if (expect === ":") {
      if (character !== ":") return at;
      expect = "value";
      at++;
    } else if (expect === "key" || expect === "key or }") {
      if (expect === "key or }" && character === "}") {
        closers.pop();
        expect = ", or end";
        at++;
      } else {
        const string = scanString(text, at);
        if (!string.isWhole) return string.end;
        expect = ":";
        at = string.end;
      }
    } else if (character === "{" || character === "[") {
      closers.push(character === "{" ? "}" : "]");
      expect = character === "{" ? "key or }" : "value or ]";
      at++;
    } else if (expect === "value or ]" && character === "]") {
      closers.pop();
      expect = ", or end";
      at++;
    } else if (character === '"') {
      const string = scanString(text, at);
      if (!string.isWhole) return string.end;
      expect = ", or end";
      at = string.end;
    } else {
      const end = after(SCALAR, text, at);
      if (end === at) return at;
      expect = ", or end";
      at = end;
    }
    at = after(SPACE, text, at);
  }
  return text.length;
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
