import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { condition } from "../comparison.ts";
import { assigned, effectiveInput, payloadValue } from "../data.ts";
import { addEdge, addNode, extra, goTo, titled } from "../flow.ts";
import { isJsonata, jsonataOf, jsonataValue } from "../jsonata.ts";
import { pathOf } from "../paths.ts";
import { type Place, refuse, STATE } from "../place.ts";
import { member, quoted, template } from "../text.ts";

const RULES_MAX = 200;

/** Choice is a `set` whose edges have the conditions, in their order. */
export function importChoice(place: Place): void {
  const { id, state, language } = place;
  const rules = state["Choices"];
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > RULES_MAX) {
    refuse(place, "Choices", "INVALID", `must be a list of 1 to ${RULES_MAX} rules`);
    return;
  }
  const input = effectiveInput(place);
  const isMoved = input !== STATE;
  addNode(place, { ...titled(place), type: "set", ...(isMoved && { with: template(input) }) });
  const at = isMoved ? `${member("$steps", id)}.output` : STATE;
  for (const [index, rule] of (rules as readonly Json[]).entries()) {
    const path = `Choices[${index}]`;
    if (!isObject(rule)) {
      refuse(place, path, "INVALID", "must be an object");
      continue;
    }
    const when =
      language === "JSONata"
        ? jsonataCondition(place, path, rule)
        : template(condition(place, path, rule, { at }));
    lead(place, { from: id, when }, { rule, path, at, isDefault: false });
  }
  if (state["Default"] !== undefined) {
    const rule = { Assign: state["Assign"] ?? {}, Next: state["Default"], ...outputOf(state) };
    return lead(place, { from: id }, { rule, path: "", at, isDefault: true });
  }
  const none = extra(place, "none");
  const error = { code: "States.NoChoiceMatched", message: "no rule of the choice holds" };
  addNode(place, { id: none, type: "end", status: "failed", error });
  addEdge(place, { from: id }, none);
}

function outputOf({ Output: output }: JsonObject): JsonObject {
  return output === undefined ? {} : { Output: output };
}

type Leading = Readonly<{ rule: JsonObject; path: string; at: string; isDefault: boolean }>;

/** An edge to the next state, by way of a node when the rule changes the data. */
function lead(place: Place, edge: JsonObject, { rule, path, at, isDefault }: Leading): void {
  const field = (name: string) => (isDefault ? name : `${path}.${name}`);
  const next = isDefault ? "Default" : `${path}.Next`;
  const changes = changesOf(place, rule, field, at);
  if (Object.keys(changes.assign).length === 0 && changes.output === undefined) {
    return goTo(place, edge, rule["Next"], next);
  }
  const through = extra(place, isDefault ? "default" : "rule");
  const { output, assign } = changes;
  addNode(place, {
    id: through,
    type: "set",
    with: output ?? template(STATE),
    assign: { _state: template("$output"), ...assign },
  });
  addEdge(place, edge, through);
  goTo(place, { from: through }, rule["Next"], next);
}

function changesOf(
  place: Place,
  rule: JsonObject,
  field: (name: string) => string,
  at: string,
): Readonly<{ output: Json | undefined; assign: JsonObject }> {
  const given = rule["Assign"];
  if (place.language === "JSONata") {
    const assign = assigned(
      place,
      (name, value) => jsonataValue(place, name, value),
      given,
      field("Assign"),
    );
    const output = rule["Output"];
    const made = output === undefined ? undefined : jsonataValue(place, field("Output"), output);
    return { output: made, assign };
  }
  const assign = assigned(
    place,
    (name, value) => payloadValue(place, name, value, { at }),
    given,
    field("Assign"),
  );
  const path = place.state["OutputPath"];
  if (path === undefined || path === "$") {
    return { output: at === STATE ? undefined : template(at), assign };
  }
  if (path === null) return { output: {}, assign };
  if (typeof path === "string") {
    return { output: template(pathOf(place, "OutputPath", path, { at })), assign };
  }
  refuse(place, "OutputPath", "INVALID", "must be a path or null");
  return { output: undefined, assign };
}

const RULE_FIELDS = new Set(["Condition", "Next", "Assign", "Output", "Comment"]);

function jsonataCondition(place: Place, path: string, rule: JsonObject): Json {
  for (const name of Object.keys(rule)) {
    if (RULE_FIELDS.has(name)) continue;
    refuse(place, `${path}.${name}`, "INVALID", "is no field of a rule in JSONata");
  }
  const { Condition: given } = rule;
  if (typeof given === "boolean") return given;
  if (!isJsonata(given)) {
    refuse(place, `${path}.Condition`, "INVALID", "must be true, false or an expression");
    return false;
  }
  const value = jsonataOf(place, `${path}.Condition`, given);
  const told = quoted("The condition of a choice is neither true nor false");
  const failed = `$fail("States.QueryEvaluationError", ${told})`;
  return template(`($holds := ${value}; $type($holds) = "boolean" ? $holds : ${failed})`);
}
