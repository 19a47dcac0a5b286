import { member, quoted, template } from "../jsonata-text.ts";

const PLACE = /\$\{\s*((?:processData\.)?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*\}/g;

/**
 * A text with `${processData.a.b}` in it as a template of ours. A name may be spelt the other way,
 * snake or camel; what nothing is called stays as it is written; objects appear as JSON.
 */
export function textOf(text: string, root: string): string {
  return withPlaces(text, root, (value) => `$string(${value})`);
}

/** In a URL, where a value must not end its own segment. */
export function urlOf(text: string, root: string): string {
  return withPlaces(text, root, (value) => `$encodeUrlComponent($string(${value}))`);
}

/** A text that is nothing but one place is the value itself. */
export function valueOf(text: string, root: string): string {
  const [match] = text.matchAll(PLACE);
  if (match?.[0] !== text.trim()) return textOf(text, root);
  return template(found(match[1] ?? "", root));
}

function withPlaces(text: string, root: string, around: (value: string) => string): string {
  let made = "";
  let last = 0;
  for (const match of text.matchAll(PLACE)) {
    const [written, names = ""] = match;
    made += plain(text.slice(last, match.index));
    made += template(around(found(names, root, quoted(written))));
    last = match.index + written.length;
  }
  return made + plain(text.slice(last));
}

function plain(text: string): string {
  return text.replaceAll("{%", template(quoted("{%")));
}

/** The value by the first of its spellings that is there. */
function found(names: string, root: string, otherwise?: string): string {
  const path = names.replace(/^processData\./, "").split(".");
  const spellings = [path, path.map(camel), path.map(snake)];
  const places = [...new Set(spellings.map((spelt) => member(root, spelt)))];
  const choices = places.map((place) => `$exists(${place}) ? ${place}`);
  return `(${[...choices, ...(otherwise === undefined ? [] : [otherwise])].join(" : ")})`;
}

function camel(name: string): string {
  return name.replaceAll(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
