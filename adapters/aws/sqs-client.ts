import { SQSClient } from "@aws-sdk/client-sqs";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

/**
 * Requests go to the endpoint that the client has, and not to the host in a queue's URL: an
 * emulator, a proxy or a private endpoint is then on the way of each.
 */
export function sqsClient(placement: Placement = {}): SQSClient {
  return new SQSClient({ ...CLIENT_SETTINGS, ...placement, useQueueUrlAsEndpoint: false });
}
