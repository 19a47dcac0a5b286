import { lineOf, type Node, type Source, walk } from "./source.ts";

/** The outside world, by the names it goes by in code. The kernel is told; it never asks. */
const WORLD = new Set([
  "Buffer",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "Intl",
  "navigator",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "WebSocket",
]);
const MEMBERS = new Set(["Date.now", "Math.random"]);
/** What a machine's language settings change. */
const LOCAL_SETTINGS = /^(localeCompare|toLocale\w*)$/;

/**
 * One sentence for everything that would make the same run decide differently another time.
 * `await` is allowed: JSONata 2 is asynchronous, although it waits for nothing (see the decision
 * record in docs/decisions).
 */
export function impuritiesIn(source: Source): readonly string[] {
  const found: string[] = [];
  walk(source.tree, (node, around) => {
    const name = askedOf(node, around);
    if (name) found.push(`${source.path}:${lineOf(source, node.start)} asks the world: ${name}`);
  });
  return found;
}

function askedOf(node: Node, around: readonly Node[]): string | undefined {
  if (node.type === "Identifier") return globalName(node, around.at(-1));
  if (node.type === "MemberExpression") return memberName(node);
  const noArguments = Array.isArray(node["arguments"]) && node["arguments"].length === 0;
  const callee = node["callee"] as Node | undefined;
  if (callee?.["name"] !== "Date") return undefined;
  if (node.type === "CallExpression") return "Date()";
  return node.type === "NewExpression" && noArguments ? "new Date()" : undefined;
}

function globalName(node: Node, parent: Node | undefined): string | undefined {
  const name = String(node["name"]);
  if (!WORLD.has(name)) return undefined;
  // `run.process` and `{ process: … }` are names of ours.
  const isName =
    parent !== undefined &&
    parent["computed"] !== true &&
    (parent["property"] === node || (parent["key"] === node && parent["value"] !== node));
  return isName ? undefined : name;
}

function memberName(node: Node): string | undefined {
  const object = (node["object"] as Node)["name"];
  const property = node["property"] as Node;
  const name = String(property["name"] ?? property["value"]);
  if (LOCAL_SETTINGS.test(name)) return name;
  const whole = `${String(object)}.${name}`;
  return MEMBERS.has(whole) ? whole : undefined;
}
