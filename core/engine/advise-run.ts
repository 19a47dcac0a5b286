import { matchesCode } from "../kernel/workflow.ts";
import type { AdviceView } from "./insight.ts";
import type { RunView, StepError } from "./views.ts";

type Rule = Readonly<{
  codes: readonly string[];
  category: AdviceView["category"];
  action: AdviceView["action"];
  explanation: string;
  confidence: number;
}>;

/** The first rule that knows the code holds. */
const RULES: readonly Rule[] = [
  {
    codes: ["HTTP_401", "HTTP_403", "MODEL_AUTH", "SECRET_NOT_FOUND", "TARGET_REFUSED"],
    category: "configuration",
    action: "mend_and_retry",
    explanation: "The other side does not take our key. Mend the secret or the tool, then retry.",
    confidence: 0.9,
  },
  {
    codes: ["UNKNOWN_TOOL", "TOOL_NOT_FOUND", "TOOL_CONFIG_INVALID", "TOOL_KIND_NOT_SUPPORTED"],
    category: "configuration",
    action: "mend_and_retry",
    explanation: "The tool is not there, or its configuration has a fault. Mend it, then retry.",
    confidence: 0.95,
  },
  {
    codes: ["MODEL_NOT_FOUND", "MOCK_SCRIPT_*", "INVALID_APPROVERS"],
    category: "configuration",
    action: "mend_and_retry",
    explanation: "The message names what is not configured. Mend it, then retry.",
    confidence: 0.8,
  },
  {
    codes: ["OUTCOME_UNKNOWN"],
    category: "unknown",
    action: "check_and_skip",
    explanation:
      "The call may have happened. Look at the other side: a retry makes the call again; if it " +
      "has happened, retry is wrong, and a new run that begins after it is right.",
    confidence: 0.9,
  },
  {
    codes: ["HTTP_408", "HTTP_409", "HTTP_425", "HTTP_429", "HTTP_5*", "NETWORK", "TIMEOUT"],
    category: "transient",
    action: "retry",
    explanation: "The other side was busy, slow or away. Retry when it is well again.",
    confidence: 0.85,
  },
  {
    codes: ["WORKER_LOST", "ABORTED", "MODEL_FAILED"],
    category: "transient",
    action: "retry",
    explanation: "What did the work ended again and again. If the log shows no reason, retry.",
    confidence: 0.6,
  },
  {
    codes: ["MAX_VISITS", "DEADLINE_EXCEEDED", "BUDGET_EXCEEDED", "*_TOO_LARGE", "*_LIMIT"],
    category: "limit",
    action: "start_anew",
    explanation:
      "The run came to a limit. Raise it in the workflow and start a new run; only a deadline " +
      "begins again with a retry.",
    confidence: 0.7,
  },
  {
    codes: ["REJECTED", "CANCELLED", "FAILED"],
    category: "decision",
    action: "none",
    explanation: "That was decided, by a person or by the workflow. A retry asks again.",
    confidence: 0.8,
  },
  {
    codes: ["NO_EDGE", "EXPRESSION_ERROR", "INVALID_*", "TOOL_INPUT_INVALID", "JOIN_UNSATISFIED"],
    category: "data",
    action: "patch_and_retry",
    explanation:
      "The workflow met data that it was not made for. Set the variables that are wrong, then " +
      "retry; or publish a better version and start a new run.",
    confidence: 0.7,
  },
  {
    codes: ["HTTP_4*", "TOOL_OUTPUT_INVALID", "RESPONSE_*", "REQUEST_INVALID", "MODEL_OUTPUT_*"],
    category: "data",
    action: "mend_and_retry",
    explanation: "The two sides do not understand each other. Compare what was sent and answered.",
    confidence: 0.6,
  },
];

const OTHER: Omit<Rule, "codes"> = {
  category: "other",
  action: "mend_and_retry",
  explanation: "The code is the tool's or the workflow's own: its message says more than we can.",
  confidence: 0.3,
};

/** What may be done about a failure, by its code. Proposed and never done: that is another call. */
export function adviseRun(run: RunView, error: StepError, canRetry: boolean): AdviceView {
  const known = RULES.find(({ codes }) => matchesCode(error.code, codes)) ?? OTHER;
  const { category, explanation, confidence } = known;
  const retries = known.action.includes("retry");
  const action = retries && !canRetry ? "start_anew" : known.action;
  return {
    runId: run.id,
    category,
    action,
    explanation,
    confidence,
    error,
    request: retries && canRetry ? { method: "POST", path: `/v1/runs/${run.id}/retry` } : null,
    source: "rules",
  };
}
