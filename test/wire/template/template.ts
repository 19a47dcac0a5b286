import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";

export type Resource = Readonly<{
  id: string;
  type: string;
  properties: JsonObject;
  /** The construct that it comes from, as CDK wrote it down: for messages. */
  path: string;
}>;

export type Template = Readonly<{
  resources: readonly Resource[];
  outputs: Readonly<Record<string, Json>>;
  parameters: Readonly<Record<string, Json>>;
}>;

export const REGION = "eu-central-1";
export const ACCOUNT = "123456789012";

type Raw = Readonly<{
  Resources?: Readonly<Record<string, Raw & Readonly<{ Type: string; Properties?: JsonObject }>>>;
  Outputs?: Readonly<Record<string, Readonly<{ Value: Json }>>>;
  Parameters?: Readonly<Record<string, Readonly<{ Default?: Json }>>>;
  Metadata?: JsonObject;
}>;

/** The one stack of a synthesized app. */
export function readTemplate(folder: string): Template {
  const files = readdirSync(folder).filter((name) => name.endsWith(".template.json"));
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Error(`${folder} holds ${files.length} templates, and the suite deploys one`);
  }
  return templateOf(JSON.parse(readFileSync(join(folder, file), "utf8")) as Raw);
}

export function templateOf(raw: Raw): Template {
  return {
    resources: Object.entries(raw.Resources ?? {}).map(([id, one]) => ({
      id,
      type: one.Type,
      properties: one.Properties ?? {},
      path: (one.Metadata?.["aws:cdk:path"] as string | undefined) ?? id,
    })),
    outputs: mapped(raw.Outputs, ({ Value }) => Value),
    parameters: mapped(raw.Parameters, ({ Default = "" }) => Default),
  };
}

export function ofType({ resources }: Template, ...types: readonly string[]): readonly Resource[] {
  return resources.filter(({ type }) => types.includes(type));
}

function mapped<From, To>(
  record: Readonly<Record<string, From>> | undefined,
  to: (from: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, to(value)]));
}
