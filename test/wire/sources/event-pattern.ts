import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";

/** Whether an event passes a filter of an event source, or a pattern of a rule. */
export function matchesPattern(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const given = isObject(event) ? event[name] : undefined;
    if (Array.isArray(wanted)) return (wanted as readonly Json[]).some((one) => fits(one, given));
    if (isObject(wanted)) return matchesPattern(wanted, given);
    throw new Error(`a pattern has a list or an object for ${name}`);
  });
}

function fits(wanted: Json, given: Json | undefined): boolean {
  if (!isObject(wanted)) return given === wanted;
  const [[operator, argument] = []] = Object.entries(wanted);
  switch (operator) {
    case "exists":
      return (given !== undefined) === argument;
    case "prefix":
      return typeof given === "string" && given.startsWith(argument as string);
    case "suffix":
      return typeof given === "string" && given.endsWith(argument as string);
    case "anything-but": {
      const others = (Array.isArray(argument) ? argument : [argument]) as readonly Json[];
      return (
        given !== undefined &&
        !others.some((one) => (isObject(one) ? fits(one, given) : one === given))
      );
    }
    case undefined:
    default:
      throw new Error(`the suite does not know the filter ${operator}`);
  }
}
