import { pathOf, type Root } from "./paths.ts";
import { type Place, refuse } from "./place.ts";
import { quoted, shown } from "./text.ts";

const DEPTH_MAX = 10;

/** A value of a payload template: a path, or a call such as `States.Format('{}', $.name)`. */
export function payloadExpression(place: Place, field: string, text: string, root: Root): string {
  if (text.startsWith("$")) return pathOf(place, field, text, root);
  const reader = { text, at: 0 };
  const made = readCall({ place, field, root, reader }, 0);
  if (made !== undefined && made !== "" && reader.at === text.length) {
    const told = quoted("The function has no result for these values");
    return `$require(function() { ${made} }, "States.IntrinsicFailure", ${told})`;
  }
  if (made !== "") {
    refuse(place, field, "INVALID", `${shown(JSON.stringify(text))} is no path and no function`);
  }
  return "null";
}

type Reading = Readonly<{
  place: Place;
  field: string;
  root: Root;
  reader: { text: string; at: number };
}>;

/** Undefined for what is no call; empty for one that was refused by name. */
function readCall(reading: Reading, depth: number): string | undefined {
  const { place, field, reader } = reading;
  const name = taken(reader, /^States\.([A-Za-z0-9]+)\s*\(\s*/y)?.[1];
  if (name === undefined || depth > DEPTH_MAX) return undefined;
  const values: string[] = [];
  while (!taken(reader, /^\)\s*/y)) {
    if (values.length > 0 && !taken(reader, /^,\s*/y)) return undefined;
    const value = readValue(reading, depth);
    if (value === undefined || value === "") return value;
    values.push(value);
  }
  const make = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!make) {
    refuse(place, field, "NOT_SUPPORTED", `States.${name} has no counterpart here`);
    return "";
  }
  const made = make(values);
  if (made !== undefined) return made;
  refuse(
    place,
    field,
    "INVALID",
    `States.${name} does not take ${values.length} values like these`,
  );
  return "";
}

function readValue(reading: Reading, depth: number): string | undefined {
  const { place, field, root, reader } = reading;
  const literal = taken(reader, /^'((?:[^'\\]|\\[\s\S])*)'\s*/y);
  if (literal) {
    const inside = literal[1] ?? "";
    if (!/\\[^'\\]/.test(inside)) return quoted(inside.replaceAll(/\\(['\\])/g, "$1"));
    refuse(place, field, "NOT_SUPPORTED", "a backslash before anything but ' and \\");
    return "";
  }
  const plain = taken(reader, /^(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)\s*(?=[,)])/y);
  if (plain) return `(${plain[1]})`;
  if (reader.text[reader.at] === "$") {
    const path = taken(
      reader,
      /^\$(?:\[(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\]'"])*\]|[^,()[\]\s])*\s*/y,
    );
    return path && pathOf(place, field, path[0].trim(), root);
  }
  return readCall(reading, depth + 1);
}

function taken(reader: { text: string; at: number }, pattern: RegExp): RegExpExecArray | undefined {
  const sticky = new RegExp(pattern.source.replace(/^\^/, ""), "y");
  sticky.lastIndex = reader.at;
  const match = sticky.exec(reader.text);
  if (match) reader.at = sticky.lastIndex;
  return match ?? undefined;
}

/** Of each function, JSONata that does it; undefined for values that it does not take. */
const FUNCTIONS: Readonly<Record<string, (values: readonly string[]) => string | undefined>> = {
  Array: (values) => `$list(${values.join(", ")})`,
  ArrayPartition: fixed(2, ([list, size]) => `$partition(${list}, ${size})`),
  ArrayContains: fixed(
    2,
    ([list, one]) =>
      `($one := ${one}; $exists($filter(${list}, function($other) { $other = $one })))`,
  ),
  ArrayRange: fixed(3, ([from, to, by]) => `$append([], $range(${from}, ${to}, ${by}))`),
  ArrayGetItem: fixed(2, ([list, index]) => `$jsonPath(${list}, "$[" & $string(${index}) & "]")`),
  ArrayLength: fixed(1, ([list]) => `$count(${list})`),
  ArrayUnique: fixed(1, ([list]) => `$distinct(${list})`),
  Base64Encode: fixed(1, ([text]) => `$toBase64(${text})`),
  Base64Decode: fixed(1, ([text]) => `$fromBase64(${text})`),
  JsonMerge: ([a, b, isDeep, ...more]) =>
    isDeep === "(false)" && more.length === 0 ? `$merge($list(${a}, ${b}))` : undefined,
  JsonToString: fixed(1, ([value]) => `$string(${value})`),
  StringToJson: fixed(1, ([text]) => `($text := ${text}; $text = "" ? null : $parse($text))`),
  MathAdd: fixed(2, ([a, b]) => `($floor(${a} + 0.5) + $floor(${b} + 0.5))`),
  StringSplit: fixed(2, ([text, by]) => split(text ?? "", by ?? "")),
  Format: ([pattern, ...values]) => (pattern === undefined ? undefined : format(pattern, values)),
};

function fixed(
  count: number,
  make: (values: readonly string[]) => string,
): (values: readonly string[]) => string | undefined {
  return (values) => (values.length === count ? make(values) : undefined);
}

/** AWS splits at any of the characters, and drops what is empty. */
function split(text: string, by: string): string {
  const folded = `$reduce($split(${by}, ""), function($left, $at) { $join($split($left, $at), $string($first)) }, ${text})`;
  return (
    `($first := $substring(${by}, 0, 1); $parts := $split(${folded}, $first); ` +
    `$append([], $filter($parts, function($part) { $part != "" })))`
  );
}

/** Of what is no text, AWS shows what Java would. */
const SHOW =
  "$show := function($value) { $type($value) = 'array' ? '[' & $join($map($value, $show), ', ') & ']' : " +
  "$type($value) = 'object' ? '{' & $join($each($value, function($one, $name) { $name & '=' & $show($one) }), ', ') & '}' : " +
  "$string($value) }";

/** The pattern may be computed, so it is parted when the run gets there. */
function format(pattern: string, values: readonly string[]): string {
  const told = quoted("States.Format has as many values as its pattern has {}");
  const pieces = values.map((value, index) => `$show(${value}) & $parts[${index + 1}]`);
  const text = ["$parts[0]", ...pieces].join(" & ");
  return (
    `($parts := $append([], $split(${pattern}, "{}")); ${SHOW}; ` +
    `$count($parts) = ${values.length + 1} ? ${text} : $fail("States.IntrinsicFailure", ${told}))`
  );
}
