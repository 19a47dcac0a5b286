import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { FunctionUrlAuthType, InvokeMode } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

/**
 * Server-sent events. API Gateway's HTTP APIs hold an answer back until it is whole, so streams
 * have an address of their own: the function's, which sends as it goes. The function checks the
 * key of every request, as the API does.
 */
export class SseDoor extends Construct {
  /** Ends in a slash, as AWS gives it. */
  readonly url: string;

  constructor(scope: Construct, id: string, { sse }: Readonly<{ sse: IFunction }>) {
    super(scope, id);
    const { url } = sse.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    this.url = url;
  }
}
