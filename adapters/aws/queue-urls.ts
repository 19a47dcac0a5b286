import { GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { answered } from "./aws-fault.ts";

/** The URL of the queue that a record came from, which only its ARN tells; asked once. */
export function queueUrls(client: SQSClient): (arn: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (arn) => {
    let url = known.get(arn);
    if (!url) {
      url = ask(client, arn);
      known.set(arn, url);
      url.catch(() => known.delete(arn));
    }
    return url;
  };
}

async function ask(client: SQSClient, arn: string): Promise<string> {
  const [, , , , account, name] = arn.split(":");
  const get = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
  const { QueueUrl } = await answered("find a queue", () => client.send(get));
  if (QueueUrl === undefined) throw new Error(`AWS knows no URL of the queue ${arn}`);
  return QueueUrl;
}
