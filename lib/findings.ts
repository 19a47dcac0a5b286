import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * A finding of cdk-nag that is looked at and left, with the reason. It stands beside the construct
 * that it is about, so that whoever changes the one reads the other.
 */
export function acceptFinding(scope: IConstruct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}
