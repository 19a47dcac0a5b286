export type RunErrorKind = Readonly<{ title: string; next: string }>;

/** Codes of failed steps and runs, which `error.code` and an edge's `errors` name. */
export const RUN_ERRORS: Readonly<Record<string, RunErrorKind>> = {
  TIMEOUT: {
    title: "An attempt, or a wait, took longer than it may",
    next: 'Raise `timeout`, retry, or take the edge `on: "timeout"`.',
  },
  REJECTED: {
    title: "An approval was rejected and no edge takes that",
    next: 'Draw an edge `on: "rejected"`, or let the run fail: that is the default.',
  },
  NO_EDGE: {
    title: "A node finished and none of its edges holds",
    next: "Draw an edge without `when`: it is the else.",
  },
  MAX_VISITS: {
    title: "A node was visited more often than `limits.maxVisits`",
    next: "Look for a loop whose condition never changes; raise the limit if the loop is right.",
  },
  JOIN_UNSATISFIED: {
    title: "Too few branches can still arrive at a quorum",
    next: 'Take it by an edge `on: "error"` of the join, or lower `atLeast`.',
  },
  EXPRESSION_ERROR: {
    title: "An expression failed",
    next: "The message names the node and the field. Check it with the step's input.",
  },
  EXPRESSION_LIMIT: {
    title: "An expression took too long, nested too deep or grew too large",
    next: "Make it smaller, or move the work into a tool.",
  },
  WORKER_LOST: {
    title: "The worker was lost again and again during one step",
    next: "Look in the log for what ends the process; then start a new run.",
  },
  CANCELLED: {
    title: "It was cancelled",
    next: "The event `run.cancelled` or `step.cancelled` says who and why.",
  },
  DEADLINE_EXCEEDED: {
    title: "The run did not end before its deadline",
    next: "Start it with a later `deadline`, or make the waits shorter.",
  },
  BUDGET_EXCEEDED: {
    title: "The run spent its budget",
    next: 'Raise `limits.budget`, or set `onExceeded: "ask"`.',
  },
  NETWORK: {
    title: "The called side could not be reached",
    next: "It is retried. Check the address and that the other side listens.",
  },
  "HTTP_<status>": {
    title: "A tool answered with this HTTP status",
    next: "408, 425, 429 and 5xx are retried. `HTTP_4*` in `errors` or `notOn` matches a family.",
  },
  TARGET_REFUSED: {
    title: "The address is one that must not be called",
    next: "Private, loopback and link-local targets are refused unless the deployment allows them.",
  },
  RESPONSE_TOO_LARGE: {
    title: "The called side answered more than is read",
    next: "Ask it for less, or for a reference to the content.",
  },
  RESPONSE_INVALID: {
    title: "The called side answered something that cannot be read",
    next: "Check that it answers JSON when it says so.",
  },
  OUTPUT_TOO_LARGE: {
    title: "A step's output is larger than what is kept",
    next: "Keep what later steps need in `with` or `assign`, and leave the rest outside.",
  },
  OUTPUT_INVALID: {
    title: "An output does not fit its schema",
    next: "Compare the step's output with the tool's `outputSchema` or the node's `schema`.",
  },
  INPUT_INVALID: {
    title: "A step's input does not fit the tool's schema",
    next: "Compare the node's `with` with the tool's `inputSchema`.",
  },
  SECRET_NOT_FOUND: {
    title: "A secret that a configuration names does not exist",
    next: "`PUT /v1/secrets/{name}`, then start again.",
  },
  TOOL_NOT_FOUND: {
    title: "A tool was removed after the workflow was published",
    next: "`PUT /v1/tools/{name}`, then start again.",
  },
  TOOL_FAILED: {
    title: "A tool failed",
    next: "The message is the tool's own.",
  },
  MODEL_NOT_FOUND: {
    title: "No such model is configured",
    next: "Name it as `provider/name` with a provider of the deployment's models document.",
  },
  MODEL_FAILED: {
    title: "The model's provider refused or failed",
    next: "The message is the provider's. Rate limits and outages are retried.",
  },
  MODEL_OUTPUT_INVALID: {
    title: "The model did not answer an object of the schema",
    next: "Make the schema or the prompt plainer, or let it retry.",
  },
  MOCK_SCRIPT_EXHAUSTED: {
    title: "A scripted model was called more often than its script has entries",
    next: "Add entries to the node's `script`.",
  },
  INTERNAL_ERROR: {
    title: "The runtime itself failed while it carried out a step",
    next: "The log has the cause under the run's id.",
  },
};
