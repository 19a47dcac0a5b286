import { Stack } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { EmailIdentity, Identity } from "aws-cdk-lib/aws-ses";
import { Construct } from "constructs";
import { grant } from "./grant.ts";
import type { MailProps } from "./props.ts";

/** The address that mail comes from. While the account is in SES's sandbox, few can be reached. */
export class Mail extends Construct {
  readonly sender: string;

  constructor(scope: Construct, id: string, { sender, createIdentity, hostedZone }: MailProps) {
    super(scope, id);
    this.sender = sender;
    if (!createIdentity) return;
    const identity = hostedZone
      ? Identity.publicHostedZone(
          HostedZone.fromHostedZoneAttributes(this, "Zone", {
            hostedZoneId: hostedZone.id,
            zoneName: hostedZone.name,
          }),
        )
      : Identity.domain(domainOf(sender));
    new EmailIdentity(this, "Identity", { identity });
  }

  /** To send as this one sender, whether its address was verified or its domain. */
  grantSend(grantee: IGrantable): void {
    const stack = Stack.of(this);
    const identity = (resourceName: string) =>
      stack.formatArn({ service: "ses", resource: "identity", resourceName });
    grant(grantee, {
      actions: ["ses:SendEmail"],
      on: [identity(this.sender), identity(domainOf(this.sender))],
      when: { StringEquals: { "ses:FromAddress": this.sender } },
    });
  }
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}
