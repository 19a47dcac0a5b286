import { Stack } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";

export type Rights = Readonly<{
  actions: readonly string[];
  on: readonly string[];
  when?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why a resource that ends in a star cannot be a smaller one. */
  because?: string;
}>;

/**
 * Adds one statement to the grantee's role. A grant that could not be made is not overlooked, no
 * action has a star, and a resource that has one has a reason.
 */
export function grant(grantee: IGrantable, { actions, on, when, because }: Rights): void {
  const role = grantee.grantPrincipal;
  const statement = new PolicyStatement({
    actions: [...actions],
    resources: [...on],
    ...(when ? { conditions: { ...when } } : {}),
  });
  if (!role.addToPrincipalPolicy(statement).statementAdded || !Construct.isConstruct(role)) {
    throw new Error(`${actions.join(", ")} could not be granted`);
  }
  for (const resource of on.map((arn) => inWords(Stack.of(role).resolve(arn)))) {
    if (!resource.includes("*")) continue;
    if (because === undefined)
      throw new Error(`${actions.join(", ")} on ${resource} has no reason`);
    acceptFinding(role, `AwsSolutions-IAM5[Resource::${resource}]`, because);
  }
}

/** What a service does with a key for the one who asks it, and only by way of this service. */
export function grantKey(
  grantee: IGrantable,
  key: IKey,
  service: "dynamodb" | "s3" | "sqs",
  use: "read" | "write",
): void {
  const { region, urlSuffix } = Stack.of(key);
  const write = use === "write" ? ["kms:GenerateDataKey"] : [];
  grant(grantee, {
    actions: ["kms:Decrypt", ...write],
    on: [key.keyArn],
    when: { StringEquals: { "kms:ViaService": `${service}.${region}.${urlSuffix}` } },
  });
}

type Intrinsic = Readonly<{
  Ref?: string;
  "Fn::GetAtt"?: readonly [string, string];
  "Fn::Join"?: readonly [string, readonly (string | Intrinsic)[]];
}>;

/** An ARN as cdk-nag writes it when it finds a star in it. */
function inWords(arn: string | Intrinsic): string {
  if (typeof arn === "string") return arn;
  const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Join": join } = arn;
  if (join) return join[1].map(inWords).join(join[0]);
  return `<${ref ?? attribute?.join(".")}>`;
}
