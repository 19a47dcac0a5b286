import type { Json } from "../../kernel/json.ts";

/** What a node is here; several types of the dialect mean one thing. */
export type Kind =
  | "start"
  | "end"
  | "user"
  | "script"
  | "call"
  | "send"
  | "rules"
  | "llm"
  | "timer"
  | Gateway;
export type Gateway = "exclusive" | "parallel" | "inclusive";

const TYPES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["startProcess", "start"],
  ["startEvent", "start"],
  ["start", "start"],
  ["endEvent", "end"],
  ["endProcess", "end"],
  ["end", "end"],
  ["userTask", "user"],
  ["scriptTask", "script"],
  ["serviceTask", "call"],
  ["dataProcess", "call"],
  ["sendTask", "send"],
  ["notification", "send"],
  ["businessRuleTask", "rules"],
  ["validation", "rules"],
  ["llmTask", "llm"],
  ["timerEvent", "timer"],
  ["decision", "exclusive"],
  ["gateway", "exclusive"],
  ["exclusive", "exclusive"],
  ["exclusiveGateway", "exclusive"],
  ["parallel", "parallel"],
  ["parallelGateway", "parallel"],
  ["inclusive", "inclusive"],
  ["inclusiveGateway", "inclusive"],
]);

/** A gateway may say by its `gatewayType` which one it is, whatever its type is. */
export function kindOf(type: string, gatewayType: Json | undefined): Kind | undefined {
  const kind = TYPES.get(type);
  if (kind === undefined || !isGateway(kind)) return kind;
  if (gatewayType === undefined || gatewayType === null) return kind;
  const said = typeof gatewayType === "string" ? TYPES.get(gatewayType) : undefined;
  return said !== undefined && isGateway(said) ? said : undefined;
}

export function isGateway(kind: Kind): kind is Gateway {
  return kind === "exclusive" || kind === "parallel" || kind === "inclusive";
}

/** What to say of a type that is none of these. */
export function typeOf(type: Json | undefined): string {
  const known = [...TYPES.keys()].join(", ");
  if (typeof type !== "string") return `a node has a type: ${known}`;
  const isKnown = TYPES.has(type);
  if (isKnown) return "its gatewayType is none of exclusive, parallel, inclusive";
  return `${JSON.stringify(type).slice(0, 80)} is no type that can be imported, which are ${known}`;
}
