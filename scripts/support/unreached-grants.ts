/** A grant that no test of the wire suite uses, by `function: action`, and why it is there. */
type Unreached = Readonly<{ grant: RegExp; why: string }>;

/** What is used after all must leave this list; the suite fails by either. */
export const UNREACHED: readonly Unreached[] = [
  {
    grant: /^(api|step|stream|webhook|sse|sweep): s3:ListBucket$/,
    why: "By it a missing object is told as missing and not as forbidden; none is missing here.",
  },
  {
    grant: /^(stream|webhook|sse|sweep): s3:GetObject$/,
    why: "Loads a run of over 300 kB, as `step` does in the suite.",
  },
  {
    grant: /^(api|sweep): s3:PutObject$/,
    why: "Takes the snapshot of a run that grows by what this function commits.",
  },
  {
    grant: /^(stream|timer|sweep|dead-letter): (scheduler:CreateSchedule|iam:PassRole)$/,
    why: "Sets a timer of over 15 minutes by the code that `step` uses in the suite.",
  },
  {
    grant:
      /^(step|stream|webhook|socket|sweep): dynamodb:(ConditionCheckItem|UpdateItem|DeleteItem)$/,
    why: "The writes of the table port are granted as one; what a transaction holds, rows decide.",
  },
  { grant: /^timer: dynamodb:Query$/, why: "Reads what a run's log has after its snapshot." },
  {
    grant: /^(api|sweep): (lambda:ListEventSourceMappings|sqs:GetQueueUrl|sqs:SetQueueAttributes)$/,
    why: "Finds and sets up a lane that another version made, or that was made by half.",
  },
  {
    grant: /^sweep: lambda:UpdateEventSourceMapping$/,
    why: "Limits a lane again when the API died before it had.",
  },
  {
    grant: /^(api|sweep): execute-api:ManageConnections$/,
    why: "Closes sockets whose key was revoked, and tells them what the stream could not.",
  },
  {
    grant: /^(stream|sweep): secretsmanager:GetSecretValue$/,
    why: "Reads the secret of a receiver that is told directly.",
  },
  { grant: /^webhook: sqs:SendMessage$/, why: "Sends a delivery that failed to its next try." },
  {
    grant: /^sweep: (events:PutEvents|ses:SendEmail|kms:GenerateMac)$/,
    why: "Tells again what the stream could not.",
  },
  {
    grant: /Minute\/Role.*: (sqs:SendMessage|kms:Decrypt|kms:GenerateDataKey)$/,
    why: "Takes a sweep that Scheduler could not call for a day.",
  },
];
