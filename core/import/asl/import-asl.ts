import { isObject, type JsonObject } from "../../kernel/json.ts";
import type { Problem } from "../../kernel/problem.ts";
import type { Imported, Importing } from "../imported.ts";

/** Amazon States Language. */
export function importAsl({ document, name }: Importing): Imported {
  const refused: Problem[] = [];
  const refuse = (path: string, code: string, message: string) =>
    refused.push({ path, code, message });
  if (name === undefined) refuse("name", "REQUIRED", "a state machine has no name of its own");
  if (!isObject(document) || !isObject(document["States"])) {
    refuse("States", "REQUIRED", "a state machine has States");
    return { ok: false, refused };
  }
  const nodes: JsonObject[] = [];
  for (const [state, { Type: type }] of Object.entries(
    document["States"] as Record<string, JsonObject>,
  )) {
    if (type === "Succeed") nodes.push({ id: state, type: "end" });
    else
      refuse(`States.${state}.Type`, "NOT_SUPPORTED", `states of this type are not imported yet`);
  }
  if (refused.length > 0) return { ok: false, refused };
  const start = document["StartAt"] ?? "";
  return { ok: true, document: { name: name ?? "", start, nodes }, warnings: [] };
}
