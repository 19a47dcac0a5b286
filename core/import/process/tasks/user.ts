import type { Json, JsonObject } from "../../../kernel/json.ts";
import { DATA } from "../condition.ts";
import { fieldOf, merged, type Place, refuse, textIn, warn } from "../place.ts";
import { textOf } from "../text.ts";
import { DEFAULT_FIELDS, formOf } from "./form-fields.ts";

const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ["low", -100],
  ["medium", 0],
  ["normal", 0],
  ["high", 100],
  ["urgent", 200],
  ["critical", 200],
]);

/** Asks somebody to fill in a form; what they say is merged into the data. */
export function userTask(place: Place): JsonObject {
  for (const name of ["formId", "formName"]) {
    const field = fieldOf(place, name);
    if (field === undefined || fieldOf(place, "formFields", "fields")) continue;
    const message =
      "forms that are kept elsewhere are not imported: the usual fields are asked for";
    warn(place, field.path, "FORM_NOT_IMPORTED", message);
  }
  const form = formOf(
    place,
    fieldOf(place, "formFields", "fields") ?? { value: DEFAULT_FIELDS, path: "" },
  );
  const { assignees, groups } = askedOf(place);
  const instructions = textIn(place, "instructions", "description");
  const priority = priorityOf(place);
  return {
    type: "form",
    ...form,
    title: textOf(place.node.label, DATA),
    ...(instructions !== undefined && { description: textOf(instructions, DATA) }),
    ...(assignees.length > 0 && { assignees }),
    ...(groups.length > 0 && { groups }),
    ...(priority !== 0 && { priority }),
    email: assignees.some((name) => name.includes("@")),
    assign: merged("$output"),
  };
}

/** An address is a person; any other name is one of a group, as there is no directory of people. */
function askedOf(place: Place): Readonly<{ assignees: string[]; groups: string[] }> {
  const assignees: string[] = [];
  const groups: string[] = [];
  for (const name of ["assignedTo", "assignee", "candidateUsers", "candidateGroups"]) {
    const field = fieldOf(place, name);
    if (field === undefined) continue;
    const names = typeof field.value === "string" ? field.value.split(",") : field.value;
    if (!Array.isArray(names) || names.some((one: Json) => typeof one !== "string")) {
      refuse(place, field.path, "INVALID_TYPE", "must be a text, or a list of texts");
      continue;
    }
    for (const one of names.map((text) => String(text).trim())) {
      if (one === "" || one === "unassigned") continue;
      const isPerson = name !== "candidateGroups" && (one.includes("@") || name !== "assignedTo");
      (isPerson ? assignees : groups).push(textOf(one, DATA));
    }
  }
  return { assignees, groups };
}

function priorityOf(place: Place): number {
  const field = fieldOf(place, "priority");
  if (field === undefined) return 0;
  const { value, path } = field;
  const known = typeof value === "string" ? PRIORITIES.get(value.toLowerCase()) : value;
  const isGood = typeof known === "number" && Number.isInteger(known) && Math.abs(known) <= 1_000;
  if (isGood) return known;
  refuse(place, path, "INVALID_VALUE", `must be one of ${[...PRIORITIES.keys()].join(", ")}`);
  return 0;
}
