import { readFileSync } from "node:fs";
import * as z from "zod";

const Hosted = z.strictObject({ id: z.string(), name: z.string() });
const Targets = z.strictObject({
  lambdaArns: z.array(z.string()).optional(),
  stateMachineArns: z.array(z.string()).optional(),
});

/** Days for which CloudWatch can keep logs. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653];

/** The file that configures the stack of `lib/app.ts`; docs/operate.md explains each member. */
export const Config = z.strictObject({
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/)
    .default("Holdfast"),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .optional(),
  tags: z.record(z.string(), z.string()).default({}),
  domain: z
    .strictObject({ name: z.string(), certificateArn: z.string(), hostedZone: Hosted.optional() })
    .optional(),
  mail: z
    .strictObject({
      sender: z.string(),
      createIdentity: z.boolean().optional(),
      hostedZone: Hosted.optional(),
    })
    .optional(),
  models: z.record(z.string(), z.json()).optional(),
  bedrockModels: z.array(z.string()).optional(),
  allowedTargets: z.record(z.string(), Targets).optional(),
  publishEvents: z.boolean().optional(),
  signLedgers: z.boolean().optional(),
  seedRoutes: z.boolean().optional(),
  logDays: z.literal(LOG_DAYS).default(90),
  removalPolicy: z.enum(["retain", "destroy"]).default("retain"),
  restoredTable: z.strictObject({ name: z.string(), streamArn: z.string() }).optional(),
  vpc: z
    .strictObject({
      id: z.string(),
      availabilityZones: z.array(z.string()).min(1),
      privateSubnetIds: z.array(z.string()).min(1),
      securityGroupIds: z.array(z.string()).min(1),
    })
    .optional(),
  alarms: z
    .strictObject({ email: z.email().optional(), topicArn: z.string().optional() })
    .optional(),
  accessLogsBucket: z.string().optional(),
  rate: z.strictObject({ perSecond: z.int().optional(), burst: z.int().optional() }).optional(),
  reserved: z.record(z.string(), z.int()).optional(),
  warmApi: z.int().optional(),
  apiGatewayLogsRole: z.boolean().optional(),
});

export type Config = z.infer<typeof Config>;

/** Reads the file that the context names; without one, everything is as by default. */
export function readConfig(path: unknown): Config {
  if (path === undefined) return Config.parse({});
  if (typeof path !== "string") throw new Error("-c config=FILE names a file");
  return parseConfig(readFileSync(path, "utf8"), path);
}

export function parseConfig(text: string, path: string): Config {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = Config.safeParse(document);
  if (!parsed.success) throw new Error(`${path} is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
