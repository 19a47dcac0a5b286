import { type Place, refuse } from "./place.ts";
import { quoted } from "./text.ts";

/** Where the item of a Map is told of: in its item selector, or anywhere in its body. */
export type ItemFrom = "scope" | "variable" | "none";

const SCOPE_ITEM = '{"Item": {"Index": $index, "Value": $item}}';

/** The context object, as JSONata that makes it. */
export function contextObject({ name }: Place, item: ItemFrom): string {
  const map = item === "scope" ? SCOPE_ITEM : item === "variable" ? "$vars._map" : undefined;
  const execution =
    '{"Id": $run.id, "Input": $input, "Name": $run.id, "StartTime": $run.startedAt, "RedriveCount": 0}';
  return (
    `{"Execution": ${execution}, ` +
    '"StateMachine": {"Id": $run.workflow, "Name": $run.workflow}, ' +
    `"State": {"Name": ${quoted(name)}, "EnteredTime": $now()}` +
    `${map === undefined ? "" : `, "Map": ${map}`}}`
  );
}

/** What the context object has at AWS and not here. */
export function checkContext(place: Place, text: string, field: string): boolean {
  const missing =
    /\b(Task\.Token|Execution\.RoleArn|State\.RetryCount|Map\.Item\.(?:Key|Source))\b/.exec(text);
  if (!missing) return true;
  refuse(place, field, "NOT_SUPPORTED", `the context object has no ${missing[1]} here`);
  return false;
}
