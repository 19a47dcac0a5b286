import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { Template } from "./template.ts";

/** The template without one action in the policies of a role: a grant that somebody forgot. */
export function without(
  template: Template,
  { role, action }: { role: RegExp; action: string },
): Template {
  let taken = 0;
  const resources = template.resources.map((resource) => {
    const isPolicy = resource.type === "AWS::IAM::Policy" || resource.type === "AWS::IAM::Role";
    if (!isPolicy || !role.test(resource.id)) return resource;
    const properties = prune(resource.properties) as JsonObject;
    return { ...resource, properties };
  });
  if (taken === 0) throw new Error(`no role like ${role} is granted ${action}`);
  return { ...template, resources };

  function prune(value: Json): Json {
    if (Array.isArray(value)) {
      const left = (value as readonly Json[]).filter((one) => one !== action);
      taken += value.length - left.length;
      return left.map(prune);
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([name, one]) => [name, prune(one)] as const);
    return Object.fromEntries(entries);
  }
}
