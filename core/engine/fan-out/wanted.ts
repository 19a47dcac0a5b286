import type { Endpoint } from "../../store/endpoints.ts";

/** What filters ask about the run of an event. */
export type RunFacts = Readonly<{
  workflow: string;
  version: number;
  tags: Readonly<Record<string, string>>;
}>;

export function wantsRun({ workflow, tag }: Endpoint, facts: RunFacts): boolean {
  if (workflow !== null && workflow !== facts.workflow) return false;
  if (tag === null) return true;
  const colon = tag.indexOf(":");
  const name = colon < 0 ? tag : tag.slice(0, colon);
  if (!Object.hasOwn(facts.tags, name)) return false;
  return colon < 0 || facts.tags[name] === tag.slice(colon + 1);
}
