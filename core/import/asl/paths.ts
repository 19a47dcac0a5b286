import { parseJsonPath } from "../../kernel/json-path.ts";
import { checkContext, contextObject, type ItemFrom } from "./context.ts";
import { type Place, refuse } from "./place.ts";
import { member, quoted, shown } from "./text.ts";

/** What paths of a field lead into: JSONata that makes it, and where the item of a Map is. */
export type Root = Readonly<{ at: string; item?: ItemFrom }>;

/** A path of a field as JSONata; what it leads to must be there, or the state fails. */
export function pathOf(place: Place, field: string, path: string, root: Root): string {
  const found = foundAt(place, field, path, root);
  if (found === undefined) return "null";
  if (path === "$") return found;
  const isWhole = /^(?:Input|Output|Result|Items|Timeout\w+)Path$/.test(field);
  const told = isWhole
    ? `Invalid path '${shown(path)}'`
    : `The JSONPath '${shown(path)}' specified for the field '${fieldName(field)}' could not be found in the input`;
  return `$require(${found}, "States.Runtime", ${quoted(told)})`;
}

function fieldName(field: string): string {
  return field.slice(
    field.lastIndexOf(".", field.endsWith(".$") ? field.length - 3 : undefined) + 1,
  );
}

/** What is at a path: absent where there is nothing. Undefined when it was refused. */
export function foundAt(
  place: Place,
  field: string,
  path: string,
  { at, item = place.inMap ? "variable" : "none" }: Root,
): string | undefined {
  if (path === "$") return at;
  const [, variable, rest = ""] = /^\$([A-Za-z_]\w*)([\s\S]*)$/.exec(path) ?? [];
  if (path.startsWith("$$")) {
    if (!checkContext(place, path, field)) return undefined;
    const context = contextObject(place, item);
    return path === "$$" ? context : lookedUp(place, field, context, path.slice(1));
  }
  if (variable === undefined) return lookedUp(place, field, at, path);
  if (!place.machine.variables.has(variable)) {
    refuse(place, field, "INVALID", `no state assigns the variable $${variable}`);
    return undefined;
  }
  const value = member("$vars", variable);
  return rest === "" ? value : lookedUp(place, field, value, `$${rest}`);
}

function lookedUp(place: Place, field: string, at: string, path: string): string | undefined {
  if (/\[\s*\?/.test(path)) {
    refuse(place, field, "NOT_SUPPORTED", "a filter in a path has no counterpart here");
    return undefined;
  }
  if (!parseJsonPath(path)) {
    refuse(place, field, "INVALID", `${shown(JSON.stringify(path))} is no path that is read here`);
    return undefined;
  }
  return `$jsonPath(${at}, ${quoted(path)})`;
}

/** A path that leads to one place, to put something there. */
export function isReference(path: string): boolean {
  const parsed = path.startsWith("$$") ? undefined : parseJsonPath(path);
  return parsed?.isDefinite === true;
}
