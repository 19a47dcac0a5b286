import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { FunctionCall, Functions } from "../../core/ports/functions.ts";
import { isTransient } from "../../core/ports/outbound.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

/** Longer than any function may run: the attempt's own timeout ends a call. */
const REQUEST_MS_MAX = 905_000;

/** A client that asks once: the run counts attempts, and may not repeat what it must not. */
export function lambdaClient(placement: Placement = {}): LambdaClient {
  const requestHandler = { ...CLIENT_SETTINGS.requestHandler, requestTimeout: REQUEST_MS_MAX };
  return new LambdaClient({ ...CLIENT_SETTINGS, ...placement, requestHandler, maxAttempts: 1 });
}

/** Functions of the account, called synchronously; `clientContext.custom` has the key. */
export function lambdaFunctions(client: LambdaClient): Functions {
  return {
    async invoke(call, signal) {
      const custom = { idempotencyKey: call.idempotencyKey };
      const command = new InvokeCommand({
        FunctionName: call.functionArn,
        InvocationType: "RequestResponse",
        Payload: Buffer.from(call.event),
        ClientContext: Buffer.from(JSON.stringify({ custom })).toString("base64"),
      });
      try {
        const answer = await client.send(command, { abortSignal: signal });
        const payload = Buffer.from(answer.Payload ?? []).toString("utf8");
        return { payload, failed: answer.FunctionError !== undefined };
      } catch (error) {
        throw failureOf(error, call, signal);
      }
    },
  };
}

type ServiceError = Error & {
  $metadata?: { httpStatusCode?: number };
  retryAfterSeconds?: string;
};

/** What Lambda answers instead of the function, and what comes of no answer. */
function failureOf(error: unknown, call: FunctionCall, signal: AbortSignal): CallFailure {
  const { functionArn } = call;
  if (signal.aborted) {
    const message = `The call of ${functionArn} was abandoned.`;
    return new CallFailure("ABORTED", message, { retryable: true, cause: error });
  }
  const { name, $metadata, retryAfterSeconds } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status < 300) {
    const message = `${functionArn} could not be reached (${name}).`;
    return new CallFailure("NETWORK", message, { retryable: true, cause: error });
  }
  const seconds = Number(retryAfterSeconds ?? Number.NaN);
  return new CallFailure(`HTTP_${status}`, `Lambda refused to call ${functionArn} (${name}).`, {
    retryable: isTransient(status),
    ...(seconds >= 0 && { retryAfterMs: seconds * 1_000 }),
    cause: error,
  });
}
