/**
 * What each variable means. A deployment sets them (`lib/`), a function reads them by `env`, and
 * both by the type below: a construct that forgets one does not compile.
 *
 * TABLE                 the name of the one table
 * ARTIFACTS_BUCKET      the name of the bucket of large values
 * LINK_KEY              KMS key id or ARN, HMAC_256: makes and checks signed links
 * LEDGER_KEY            KMS key id or ARN, ECC_NIST_EDWARDS25519: signs heads of runs, and
 *                       its public key checks them; "" in `stream`, and none is signed
 * SECRETS_PREFIX        what names in Secrets Manager begin with, "/" at its end; a tenant's secret
 *                       is <prefix><tenant>/<name>, the deployment's own <prefix>platform/<name>
 * PLATFORM_KEY_SECRET   the ARN of the secret that holds the platform key
 * PUBLIC_URL            where people reach the API, no slash at its end: links begin so
 * SEED_ROUTES           "1" serves the routes of other systems, "" does not
 * MODELS                the models document as JSON, "{}" for the mock models only
 * TOOLS                 the tools document as JSON: which functions and state machines of the
 *                       account tenants may have called, and the functions are granted
 * MAIL_SENDER           the address that mail comes from; "" and every mail is given up, as the
 *                       log says
 * SHARED_LANES          URLs of the pooled FIFO queues, joined by ","; their order decides where a
 *                       run's messages go, so a stack adds lanes at the end and removes none
 * LANE_PREFIX           what names of tenants' own queues begin with: <prefix><tenant>.fifo
 * LANE_DEAD_LETTERS     the ARN of the FIFO queue that takes what no lane could work off
 * LANE_FUNCTION         the ARN of the function `step`, which lanes are connected to
 * LANE_KEY              KMS key id or ARN for tenants' own queues; "" for SQS's own encryption
 * TIMER_QUEUE           the URL of the standard queue that the function `timer` works off
 * TIMER_QUEUE_ARN       its ARN, which schedules are aimed at
 * SCHEDULE_GROUP        the name of the Scheduler group that holds this deployment's timers alone
 * SCHEDULE_ROLE         the ARN of the role by which Scheduler sends to the timer queue
 * SCHEDULE_DEAD_LETTERS the ARN of the standard queue that takes schedules that could not fire
 * WEBHOOK_QUEUE         the URL of the standard queue that the function `webhook` works off
 * SOCKET_ENDPOINT       https://…/<stage> of the WebSocket API, for sending to its connections
 * NOTICE_BUS            the name of the EventBridge bus that nodes of type `notify` publish on
 * EVENT_BUS             the name of the EventBridge bus that events are published on; "" for none
 */
const STORE = ["TABLE", "ARTIFACTS_BUCKET"] as const;
const WAKE = ["SHARED_LANES"] as const;
const TIMERS = [
  "TIMER_QUEUE",
  "TIMER_QUEUE_ARN",
  "SCHEDULE_GROUP",
  "SCHEDULE_ROLE",
  "SCHEDULE_DEAD_LETTERS",
] as const;
const LANES = ["LANE_PREFIX", "LANE_DEAD_LETTERS", "LANE_FUNCTION", "LANE_KEY"] as const;
const TELL = ["WEBHOOK_QUEUE", "SOCKET_ENDPOINT", "EVENT_BUS"] as const;
const LEDGER = ["LEDGER_KEY"] as const;
const MAIL = ["LINK_KEY", "PUBLIC_URL", "MAIL_SENDER"] as const;

const NEEDS = {
  /** The HTTP API: payload format 2.0 in, answers out. */
  api: [
    ...STORE,
    ...WAKE,
    ...TIMERS,
    ...LANES,
    "LINK_KEY",
    ...LEDGER,
    "SECRETS_PREFIX",
    "PLATFORM_KEY_SECRET",
    "PUBLIC_URL",
    "SEED_ROUTES",
    "MODELS",
    "TOOLS",
    "WEBHOOK_QUEUE",
    "SOCKET_ENDPOINT",
  ],
  /** Drives runs: works off the lanes, which are FIFO queues with one group per run. */
  step: [
    ...STORE,
    ...WAKE,
    ...TIMERS,
    "SECRETS_PREFIX",
    "MODELS",
    "TOOLS",
    "MAIL_SENDER",
    "NOTICE_BUS",
  ],
  /** Tells the world what was committed: works off the table's stream. */
  stream: [...STORE, ...WAKE, ...TIMERS, ...TELL, ...MAIL, ...LEDGER, "SECRETS_PREFIX"],
  /** Fires timers: works off the timer queue, which short timers and schedules send to. */
  timer: [...STORE, ...WAKE, ...TIMERS],
  /** Delivers webhooks: works off the webhook queue. */
  webhook: [...STORE, "WEBHOOK_QUEUE", "SECRETS_PREFIX"],
  /** $connect, $disconnect and $default of the WebSocket API. */
  socket: [...STORE, "SOCKET_ENDPOINT"],
  /** Server-sent events, by a function URL with response streaming. */
  sse: [...STORE, "PUBLIC_URL"],
  /** Each minute: does what is due and was not done. */
  sweep: [
    ...STORE,
    ...WAKE,
    ...TIMERS,
    ...LANES,
    ...TELL,
    ...MAIL,
    "SECRETS_PREFIX",
    "MODELS",
    "TOOLS",
  ],
  /** Gives runs whose messages ended in a dead-letter queue another chance, later. */
  "dead-letter": [...STORE, ...TIMERS],
  /** A custom resource: puts a platform key into its secret when there is none. */
  "platform-key": ["PLATFORM_KEY_SECRET"],
} as const;

/**
 * How lanes are set up. The shared ones are made by the stack and those of single tenants by the
 * API, and both must be alike; a message is hidden for longer than `step` can run.
 */
export const LANE = {
  visibilityS: 960,
  receivesMax: 20,
  retentionS: 4 * 86_400,
  batchSize: 10,
} as const;

export type FunctionName = keyof typeof NEEDS;
export type EnvOf<Name extends FunctionName> = Record<(typeof NEEDS)[Name][number], string>;

/** In the order in which a reader meets them. */
export const FUNCTION_NAMES = Object.keys(NEEDS) as readonly FunctionName[];

/** The variables of a function, for whoever grants and checks. */
export function needsOf(name: FunctionName): readonly string[] {
  return NEEDS[name];
}

/** An empty value is a value; a variable that is not there is a mistake of the deployment. */
export function env<Name extends FunctionName>(name: Name): EnvOf<Name> {
  const missing = NEEDS[name].filter((variable) => process.env[variable] === undefined);
  if (missing.length > 0) throw new Error(`${name}: not set: ${missing.join(", ")}`);
  return process.env as EnvOf<Name>;
}
