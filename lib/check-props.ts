import { Token } from "aws-cdk-lib";
import { FUNCTION_NAMES } from "../lambdas/env.ts";
import type { HoldfastProps } from "./props.ts";

/** Lambda gives all variables of a function 4 KB together, and the others need two thirds. */
export const TOLD_BYTES_MAX = 1_100;
const LAMBDA_ARN = /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const MACHINE_ARN = /^arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]+$/;
const STREAM_ARN = /^arn:aws[\w-]*:dynamodb:[a-z0-9-]+:\d{12}:table\/[\w.-]+\/stream\/[\w.:-]+$/;
const CERTIFICATE_ARN = /^arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const ADDRESS = /^[^\s@]{1,64}@(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
const TENANT = /^(\*|default|ten_[\w-]+)$/;
const MODEL = /^[\w.:/-]+$/;

/**
 * Says all that is wrong, at once and before anything is made. What CDK only knows when it deploys
 * (a token) passes: AWS will judge it.
 */
export function checkProps(props: HoldfastProps): void {
  const problems = [
    ...domainProblems(props),
    ...mailProblems(props),
    ...modelProblems(props),
    ...targetProblems(props),
    ...restoredProblems(props),
    ...numberProblems(props),
  ];
  if (problems.length > 0) {
    throw new Error(`Holdfast cannot be deployed like this:\n- ${problems.join("\n- ")}`);
  }
}

function domainProblems({ domain }: HoldfastProps): readonly string[] {
  if (!domain) return [];
  const { name, certificateArn, hostedZone } = domain;
  return [
    ...wrong("domain.name", name, DOMAIN, "a name like holdfast.example.com"),
    ...wrong("domain.certificateArn", certificateArn, CERTIFICATE_ARN, "the ARN of a certificate"),
    ...(hostedZone && known(name) && !`.${name}`.endsWith(`.${hostedZone.name}`)
      ? [`domain.name is ${name}, which is not in the zone ${hostedZone.name}`]
      : []),
  ];
}

function mailProblems({ mail }: HoldfastProps): readonly string[] {
  if (!mail) return [];
  return [
    ...wrong("mail.sender", mail.sender, ADDRESS, "an address like approvals@example.com"),
    ...(mail.hostedZone && !mail.createIdentity
      ? ["mail.hostedZone is of no use without mail.createIdentity"]
      : []),
  ];
}

function modelProblems(props: HoldfastProps): readonly string[] {
  const { models = {}, bedrockModels = [], allowedTargets = {} } = props;
  const bytes = Buffer.byteLength(JSON.stringify(models) + JSON.stringify(allowedTargets));
  const providers = models["providers"];
  const kinds = Object.values((providers ?? {}) as Record<string, { kind?: unknown } | null>).map(
    (provider) => provider?.kind,
  );
  return [
    ...(bytes > TOLD_BYTES_MAX
      ? [`models and allowedTargets have ${bytes} bytes, and functions are told ${TOLD_BYTES_MAX}`]
      : []),
    ...bedrockModels.flatMap((model) =>
      wrong("bedrockModels", model, MODEL, "the id of a model, or an ARN"),
    ),
    ...(kinds.includes("bedrock") && bedrockModels.length === 0
      ? ["models has a provider of kind bedrock, but bedrockModels allows no model to be called"]
      : []),
  ];
}

function targetProblems({ allowedTargets = {} }: HoldfastProps): readonly string[] {
  return Object.entries(allowedTargets).flatMap(([tenant, targets]) => {
    const { lambdaArns = [], stateMachineArns = [] } = targets;
    const at = `allowedTargets[${tenant}]`;
    return [
      ...wrong("allowedTargets", tenant, TENANT, "the id of a tenant, or *"),
      ...lambdaArns.flatMap((arn) =>
        wrong(`${at}.lambdaArns`, arn, LAMBDA_ARN, "the ARN of a function, without wildcards"),
      ),
      ...stateMachineArns.flatMap((arn) =>
        wrong(`${at}.stateMachineArns`, arn, MACHINE_ARN, "the ARN of a state machine"),
      ),
    ];
  });
}

function restoredProblems({ restoredTable }: HoldfastProps): readonly string[] {
  if (!restoredTable) return [];
  const { name, streamArn } = restoredTable;
  const wanted = "the ARN of the table's stream";
  const of = wrong("restoredTable.streamArn", streamArn, STREAM_ARN, wanted);
  const other = known(streamArn) && !streamArn.includes(`:table/${name}/stream/`);
  return of.length === 0 && other ? [`restoredTable.streamArn is of another table`] : of;
}

function numberProblems({ rate = {}, reserved = {}, warmApi = 0 }: HoldfastProps) {
  const names = new Set<string>(FUNCTION_NAMES);
  return [
    ...whole("rate.perSecond", rate.perSecond, 1, 100_000),
    ...whole("rate.burst", rate.burst, 1, 100_000),
    ...whole("warmApi", warmApi, 0, 1_000),
    ...Object.entries(reserved).flatMap(([name, value]) =>
      names.has(name)
        ? whole(`reserved.${name}`, value, 0, 10_000)
        : [`reserved.${name}: there is no such function, but ${[...names].join(", ")}`],
    ),
  ];
}

function wrong(name: string, value: string, pattern: RegExp, wanted: string): readonly string[] {
  return !known(value) || pattern.test(value)
    ? []
    : [`${name} is "${value}"; it must be ${wanted}`];
}

function whole(name: string, value: number | undefined, min: number, max: number) {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [`${name} is ${value}; it is a whole number from ${min} to ${max}`];
}

function known(value: string): boolean {
  return !Token.isUnresolved(value);
}
