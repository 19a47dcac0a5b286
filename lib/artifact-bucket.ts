import { Duration, type RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { grant, grantKey } from "./grant.ts";
import { NUMBERS } from "./numbers.ts";

export interface ArtifactBucketProps {
  readonly key: IKey;
  readonly removalPolicy: RemovalPolicy;
  /** Where S3 writes who asked for what; nothing is written without it. */
  readonly accessLogs?: IBucket;
}

const ALL =
  "All objects of this bucket are values of runs, of all tenants: functions serve them all.";

/**
 * Where values live that are too large for a row. They die with their run; what was overwritten or
 * removed stays for as long as the table can be restored to a moment before.
 */
export class ArtifactBucket extends Construct {
  readonly name: string;
  readonly #bucket: Bucket;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: ArtifactBucketProps) {
    super(scope, id);
    const { key, removalPolicy, accessLogs } = props;
    this.#bucket = new Bucket(this, "Values", {
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      // One data key of the bucket serves many objects: KMS is asked seldom, and paid seldom.
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      lifecycleRules: [
        {
          id: "forget",
          noncurrentVersionExpiration: Duration.days(NUMBERS.artifactVersionDays.value),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy,
      ...(accessLogs
        ? { serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: "artifacts/" }
        : {}),
    });
    if (!accessLogs) {
      acceptFinding(
        this.#bucket,
        "AwsSolutions-S1",
        "Only this deployment's functions can read it, and each read is in the run's own log. Set `accessLogs` to have S3 write its own.",
      );
    }
    this.name = this.#bucket.bucketName;
    this.#key = key;
  }

  grantRead(grantee: IGrantable): void {
    grant(grantee, { actions: ["s3:GetObject"], on: this.#objects(), because: ALL });
    // Without it, S3 says of what is not there that it is forbidden.
    grant(grantee, { actions: ["s3:ListBucket"], on: [this.#bucket.bucketArn] });
    grantKey(grantee, this.#key, "s3", "read");
  }

  grantReadWrite(grantee: IGrantable): void {
    this.grantRead(grantee);
    grant(grantee, { actions: ["s3:PutObject"], on: this.#objects(), because: ALL });
    grantKey(grantee, this.#key, "s3", "write");
  }

  /** To take away what a tenant left behind. */
  grantRemove(grantee: IGrantable): void {
    grant(grantee, { actions: ["s3:DeleteObject"], on: this.#objects(), because: ALL });
  }

  #objects(): readonly string[] {
    return [this.#bucket.arnForObjects("*")];
  }
}
