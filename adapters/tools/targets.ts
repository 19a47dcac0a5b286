import { readFileSync } from "node:fs";
import * as z from "zod";
import { Fault } from "../../core/ports/fault.ts";

const LAMBDA_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/;
const MACHINE_ARN = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:[\w-]+(?::[\w-]+)?$/;

const Targets = z.record(
  z.string().min(1),
  z.strictObject({
    lambdaArns: z.array(z.string().regex(LAMBDA_ARN)).optional(),
    stateMachineArns: z.array(z.string().regex(MACHINE_ARN)).optional(),
  }),
);

const ToolsDocument = z.strictObject({
  /** By tenant, `*` for all: what the stack grants, and what is checked before each call. */
  allowedTargets: Targets.default({}),
  /** Files whose `handler` stands for a function where there is no AWS. */
  localFunctions: z.record(z.string().regex(LAMBDA_ARN), z.string().min(1)).default({}),
});

export type ToolsConfig = z.infer<typeof ToolsDocument>;
export type TargetKind = "lambdaArns" | "stateMachineArns";

/**
 * The tools document, or the path of a file that holds it. Nothing allows nothing.
 * @throws Fault that names every fault of the document.
 */
export function parseTools(textOrPath: string | undefined): ToolsConfig {
  const given = textOrPath?.trim() ?? "";
  const parsed = ToolsDocument.safeParse(given === "" ? {} : read(given));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `- ${path.map(String).join(".") || "It"} ${message}`,
  );
  const message = `The tools document cannot be used:\n${faults.join("\n")}`;
  throw new Fault(message, { retryable: false });
}

function read(given: string): unknown {
  try {
    return JSON.parse(given.startsWith("{") ? given : readFileSync(given, "utf8"));
  } catch (cause) {
    const message = "The tools document is no JSON, and no file that holds JSON.";
    throw new Fault(message, { retryable: false, cause });
  }
}

/** Whether the deployment lets the tenant call it. */
export function isAllowed(
  { allowedTargets }: Pick<ToolsConfig, "allowedTargets">,
  tenant: string,
  kind: TargetKind,
  arn: string,
): boolean {
  return [tenant, "*"].some((name) =>
    Object.hasOwn(allowedTargets, name) ? allowedTargets[name]?.[kind]?.includes(arn) : false,
  );
}
