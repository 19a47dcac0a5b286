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
  OUTCOME_UNKNOWN: {
    title: "A call's outcome was lost and it must not be repeated",
    next: 'Look at the other side, then use `onUnknown: "retry"` or start a new run.',
  },
  INVALID_TIME: {
    title: "A template made something that is no time or duration",
    next: "The message names the field. Times are RFC 3339, durations ISO 8601.",
  },
  INVALID_EVENT: {
    title: "A template made no usable name or key of an event",
    next: "Check `event` of the wait with the run's input.",
  },
  SCRIPT_ERROR: {
    title: "A script threw an error",
    next: "The message is the script's own. It has no process, no clock and nothing to import.",
  },
  SCRIPT_OUT_OF_MEMORY: {
    title: "A script needed more memory than it may have",
    next: "Let it work on less at once; a map can go through a list in parts.",
  },
  RULES_CONFLICT: {
    title: "Rules of a table match that must not match together",
    next: "The message numbers the rules. Make their tests exclude each other, or choose another hit policy.",
  },
  RULES_ERROR: {
    title: "A decision table cannot be worked out",
    next: "The message is that of FEEL. Test the cells with the step's input.",
  },
  INVALID_ASSIGNEES: {
    title: "A template made no usable list of assignees or groups",
    next: "`assignees` and `groups` are lists of at most 40 names.",
  },
  INVALID_CHOICES: {
    title: "A template made no usable list of choices",
    next: "`choices` is a list of 1 to 100 texts.",
  },
  INVALID_APPROVERS: {
    title: "A template made no usable list of approvers",
    next: "`approvers` is a list of addresses, people or groups, at least as long as the quorum.",
  },
  CHILD_NOT_FOUND: {
    title: "A subflow names no published workflow",
    next: "The message has the name. `POST /v1/workflows` publishes it.",
  },
  CHILD_FAILED: {
    title: "The child of a subflow failed",
    next: "The message names the child's run; the cause is its error.",
  },
  CHILD_CANCELLED: {
    title: "The child of a subflow was cancelled",
    next: "The message names the child's run; its record tells who cancelled it.",
  },
  CHILD_LIMIT: {
    title: "The run may start no more children, or none so deep",
    next: "A workflow that starts itself needs an end; a map of many items can be split over several runs.",
  },
  INVALID_ITEMS: {
    title: "A map's items are neither a list nor an object, or too many",
    next: "JSONata makes one value of a list with one entry: select with `[]`, as in `$input.list[a > 1][]`.",
  },
  MAP_FAILED: {
    title: "More items of a map failed than its author tolerates",
    next: "The cause is the error of the item that failed last; `GET /v1/runs/{id}/steps` lists all.",
  },
  INPUT_TOO_LARGE: {
    title: "A step's input is larger than what is kept",
    next: "A value has at most 12 MiB. Pass a reference to what is larger, and let the tool read it.",
  },
  OUTPUT_TOO_LARGE: {
    title: "A step's or a run's output is larger than what is kept",
    next: "A value has at most 12 MiB. Answer what later steps need, and leave the rest outside.",
  },
  PREVIEW_TOO_LARGE: {
    title: "What an approval shows is larger than what is kept",
    next: "Show what the person needs to decide, and link to the rest.",
  },
  NETWORK: {
    title: "The called side could not be reached, or hung up",
    next: "It is retried. Check the address and that the other side listens.",
  },
  "HTTP_<status>": {
    title: "A tool answered with this HTTP status",
    next: "408, 425, 429 and 5xx are retried. `HTTP_4*` in `errors` or `notOn` matches a family.",
  },
  ABORTED: {
    title: "A call was abandoned, because its run was cancelled or the process ended",
    next: "It is retried where that is allowed; nothing is to be done.",
  },
  TARGET_REFUSED: {
    title: "The address is one that must not be called",
    next: "Private, loopback and link-local targets are refused unless the deployment allows them.",
  },
  REQUEST_INVALID: {
    title: "A request could not be made of the step's input",
    next: "The message names the part: a header that is not one line, a URL that is none.",
  },
  RESPONSE_TOO_LARGE: {
    title: "The called side answered more than is read",
    next: "Ask it for less, or for a reference to the content.",
  },
  RESPONSE_INVALID: {
    title: "The called side answered something that cannot be read",
    next: "Check that it answers JSON when it says so.",
  },
  SECRET_NOT_FOUND: {
    title: "A secret that a configuration names does not exist",
    next: "`PUT /v1/secrets/{name}`, then start again.",
  },
  NOTICE_INVALID: {
    title: "A notice has no usable address, subject or body",
    next: "The message says which. Templates are looked at when the notice is sent: compare with the step's input.",
  },
  NOTICE_FAILED: {
    title: "A notice was not taken by whoever sends it",
    next: "It is retried where that can help. The operator's log has the cause.",
  },
  CHANNEL_NOT_CONFIGURED: {
    title: "The deployment sends nothing by this channel",
    next: "Give the stack what it needs for the channel, as docs/operate.md says, or use another channel.",
  },
  UNKNOWN_TOOL: {
    title: "The step's tool is not registered, or not any more",
    next: "`PUT /v1/tools/{name}`, then start again.",
  },
  TOOL_NOT_FOUND: {
    title: "The tool is registered, but nothing of that name comes with the runtime",
    next: "Look at the names that `GET /v1/tools` lists with kind `builtin`.",
  },
  TOOL_KIND_NOT_SUPPORTED: {
    title: "This version carries out no tools of that kind",
    next: "Register it as `http` or use a `builtin`.",
  },
  TOOL_CONFIG_INVALID: {
    title: "A tool's stored configuration has a fault",
    next: "The message names the field. `PUT /v1/tools/{name}` with it repaired.",
  },
  TOOL_INPUT_INVALID: {
    title: "A step's input does not fit the tool's schema",
    next: "Compare the node's `with` with the tool's `inputSchema`.",
  },
  TOOL_OUTPUT_INVALID: {
    title: "A tool's output does not fit its schema, or cannot be kept",
    next: "Compare the output with the tool's `outputSchema`.",
  },
  EXECUTION_FAILED: {
    title: "An execution of a state machine failed",
    next: "The message has its error and cause. Look at the execution, whose ARN it names.",
  },
  EXECUTION_EXISTS: {
    title: "An execution of this name exists, with another input",
    next: "Names are idempotency keys: look who else starts executions of this state machine.",
  },
  FUNCTION_ERROR: {
    title: "A function threw an error whose name is no code",
    next: "The message is the function's. Name the error in UPPER_SNAKE so that edges can take it.",
  },
  JOB_FAILED: {
    title: "A remote worker reported a job as failed, without a code of its own",
    next: "The message is the worker's. Let it send a `code` that edges and retries can name.",
  },
  TOOL_FAILED: {
    title: "A tool failed in a way of its own",
    next: "The message is the tool's.",
  },
  MODEL_NOT_FOUND: {
    title: "No such model is configured",
    next: "Name it as `provider/name` with a provider of the deployment's models document.",
  },
  MODEL_AUTH: {
    title: "The model's provider takes no key of ours",
    next: "The message names the provider, and where its key should come from.",
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
  MOCK_SCRIPT_INVALID: {
    title: "An entry of a scripted model's script is none",
    next: "An entry has one of `text`, `object`, `toolCalls`, `ask` and `error`.",
  },
};
