import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Holdfast } from "../../lib/holdfast.ts";
import type { HoldfastProps } from "../../lib/props.ts";
import { ROOT } from "../architecture/source.ts";

export type Resource = Readonly<{
  Type: string;
  Properties: Readonly<Record<string, unknown>>;
  DeletionPolicy?: string;
  DependsOn?: readonly string[];
}>;
export type Resources = Readonly<Record<string, Resource>>;
export type Document = Readonly<{
  Resources: Resources;
  Outputs: Readonly<Record<string, Readonly<{ Value: unknown; Description?: string }>>>;
}>;

const { context } = JSON.parse(readFileSync(`${ROOT}/cdk.json`, "utf8")) as {
  context: Record<string, unknown>;
};

/** An app as `cdk.json` configures it, but for bundles and AWS's own validation, which are slow. */
export function testApp(): App {
  return new App({
    context: {
      ...context,
      "aws:cdk:bundling-stacks": [],
      "@aws-cdk/core:validateAgainstDefaultRules": false,
    },
  });
}

/** The template of a stack that holds the product alone. */
export function synthesized(props: (stack: Stack) => HoldfastProps = () => ({})): Document {
  const stack = new Stack(testApp(), "Test");
  new Holdfast(stack, "Holdfast", props(stack));
  return Template.fromStack(stack).toJSON() as Document;
}

export function ofType(
  { Resources: all }: Document,
  ...types: readonly string[]
): readonly (readonly [string, Resource])[] {
  return Object.entries(all).filter(([, { Type }]) => types.includes(Type));
}

/** The logical ids that a value refers to, wherever they are in it. */
export function referred(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(referred);
  return Object.entries(value).flatMap(([name, inside]) => {
    if (name === "Ref" && typeof inside === "string") return [inside];
    if (name === "Fn::GetAtt" && Array.isArray(inside)) return [String(inside[0])];
    return referred(inside);
  });
}
