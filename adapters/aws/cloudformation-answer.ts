import { Fault } from "../../core/ports/fault.ts";

/** What CloudFormation asks of a custom resource, as far as an answer needs it. */
export type ResourceRequest = Readonly<{
  RequestType: "Create" | "Update" | "Delete";
  /** Where it waits for the answer; absent when somebody else asks. */
  ResponseURL?: string;
  StackId?: string;
  RequestId?: string;
  LogicalResourceId?: string;
  PhysicalResourceId?: string;
}>;

const ANSWER_MS_MAX = 10_000;

/**
 * Does what was asked, and tells CloudFormation how it went: it waits for that, and not for the
 * function's end. What failed is told too, since a stack that hears nothing waits for an hour.
 */
export async function answeringCloudFormation(
  request: ResourceRequest,
  physicalId: string,
  act: () => Promise<void>,
): Promise<{ PhysicalResourceId: string }> {
  const PhysicalResourceId = request.PhysicalResourceId ?? physicalId;
  try {
    await act();
  } catch (error) {
    // A resource that cannot be made or removed is told by the name of the error alone: a message
    // may hold more than the history of a stack is for.
    const Reason = error instanceof Error ? `${error.name}: see the function's log` : "it failed";
    await tell(request, { Status: "FAILED", Reason, PhysicalResourceId });
    throw error;
  }
  await tell(request, { Status: "SUCCESS", PhysicalResourceId });
  return { PhysicalResourceId };
}

async function tell(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: ResourceRequest,
  outcome: Readonly<Record<string, string>>,
): Promise<void> {
  if (ResponseURL === undefined) return;
  const body = JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId });
  // The address is signed for a request without a type: any other header breaks it.
  const answer = await fetch(ResponseURL, {
    method: "PUT",
    body: new Blob([body]),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  if (answer.ok) return;
  throw new Fault(`CloudFormation took no answer (${answer.status})`, { retryable: true });
}
