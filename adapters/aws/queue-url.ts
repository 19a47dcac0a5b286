/**
 * The URL of the queue that a record came from: a record tells its ARN alone. Requests go to the
 * client's own endpoint, so that what counts in it is the account and the name.
 */
export function queueUrl(arn: string): string {
  const [, partition, , region, account, name] = arn.split(":");
  if (account === undefined || name === undefined) throw new Error(`${arn} is no queue's ARN`);
  const domain = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://sqs.${region}.${domain}/${account}/${name}`;
}
