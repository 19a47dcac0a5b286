import { ArnFormat, Names, type RemovalPolicy, Stack } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { grant } from "./grant.ts";

export interface SecretsProps {
  readonly removalPolicy: RemovalPolicy;
}

const LATER = "Secrets of tenants are made later, by this prefix, which no other deployment has.";

/**
 * Secrets of tenants, which the API makes by name, and the key of the platform, whose value the
 * first deployment makes. Nothing in the template or in a log has ever seen one.
 */
export class Secrets extends Construct {
  /** Ends in a slash: a secret is this, the tenant, a slash and its name. */
  readonly prefix: string;
  readonly platformKeyArn: string;

  constructor(scope: Construct, id: string, { removalPolicy }: SecretsProps) {
    super(scope, id);
    this.prefix = `${Names.uniqueResourceName(this, { maxLength: 48 })}/`;
    // Without a value: CloudFormation would make one that is no key of ours.
    const platformKey = new CfnSecret(this, "PlatformKey", {
      description: "Holdfast: the platform key, which makes tenants",
    });
    platformKey.applyRemovalPolicy(removalPolicy);
    this.platformKeyArn = platformKey.ref;
    acceptFinding(
      platformKey,
      "AwsSolutions-SMG4",
      "Whoever runs the platform holds this key. It is rotated by a person, as docs/operate.md says, since one that changed by itself would lock them out.",
    );
  }

  /** To put a secret's value into the call that needs it. */
  grantUse(grantee: IGrantable): void {
    const actions = ["secretsmanager:GetSecretValue"];
    grant(grantee, { actions, on: [this.#tenants()], because: LATER });
  }

  /** To keep what tenants hand in. */
  grantKeep(grantee: IGrantable): void {
    const actions = ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"];
    this.grantUse(grantee);
    grant(grantee, { actions, on: [this.#tenants()], because: LATER });
    this.grantRemove(grantee);
  }

  /** To take away what tenants handed in. */
  grantRemove(grantee: IGrantable): void {
    const actions = ["secretsmanager:DeleteSecret"];
    grant(grantee, { actions, on: [this.#tenants()], because: LATER });
    const because = "AWS knows no smaller resource for listing secrets than all of the account.";
    grant(grantee, { actions: ["secretsmanager:ListSecrets"], on: ["*"], because });
  }

  grantPlatformKey(grantee: IGrantable): void {
    const on = [this.platformKeyArn];
    grant(grantee, { actions: ["secretsmanager:GetSecretValue"], on });
  }

  /** To make the platform key when there is none. */
  grantPlatformKeyOnce(grantee: IGrantable): void {
    const actions = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"];
    grant(grantee, { actions, on: [this.platformKeyArn] });
  }

  #tenants(): string {
    return Stack.of(this).formatArn({
      service: "secretsmanager",
      resource: "secret",
      resourceName: `${this.prefix}*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
