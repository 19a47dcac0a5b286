import { Duration, type RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { grant } from "./grant.ts";

export interface KeysProps {
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The keys of a deployment. Each costs a dollar a month. None of them leaves KMS, so that whoever
 * reads the table can neither make a link nor sign a head.
 */
export class Keys extends Construct {
  /** Encrypts the table, the bucket and the queues. */
  readonly data: Key;
  readonly #links: Key;
  readonly #ledger: Key;

  constructor(scope: Construct, id: string, { removalPolicy }: KeysProps) {
    super(scope, id);
    this.data = new Key(this, "Data", {
      description: "Holdfast: encrypts the table, the bucket and the queues",
      enableKeyRotation: true,
      rotationPeriod: Duration.days(365),
      removalPolicy,
    });
    // KMS rotates neither of these by itself: a new one would make links and signatures invalid.
    this.#links = new Key(this, "Links", {
      description: "Holdfast: makes and checks signed links",
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy,
    });
    this.#ledger = new Key(this, "Ledger", {
      description: "Holdfast: signs the heads of runs",
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });
  }

  get linksArn(): string {
    return this.#links.keyArn;
  }

  get ledgerArn(): string {
    return this.#ledger.keyArn;
  }

  grantMakeLinks(grantee: IGrantable): void {
    grant(grantee, { actions: ["kms:GenerateMac"], on: [this.linksArn] });
  }

  grantCheckLinks(grantee: IGrantable): void {
    grant(grantee, { actions: ["kms:VerifyMac"], on: [this.linksArn] });
  }

  grantSignHeads(grantee: IGrantable): void {
    grant(grantee, { actions: ["kms:GetPublicKey", "kms:Sign"], on: [this.ledgerArn] });
  }

  grantCheckHeads(grantee: IGrantable): void {
    grant(grantee, { actions: ["kms:GetPublicKey"], on: [this.ledgerArn] });
  }
}
