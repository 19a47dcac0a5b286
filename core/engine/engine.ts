import type { Json } from "../kernel/json.ts";
import type { PublicJwk } from "../ports/notary.ts";
import type { ArtifactReader } from "./artifacts/read-artifacts.ts";
import type { BulkReport, BulkRequest } from "./bulk-runs.ts";
import type { RunControl } from "./control-runs.ts";
import type { DeadLetterView } from "./dead-letter-view.ts";
import type { DeadLetterFilter, RunFilter, TaskFilter } from "./filters.ts";
import type { History } from "./history.ts";
import type { ImportRequest } from "./import-workflow.ts";
import type { Insight } from "./insight.ts";
import type {
  HeartbeatView,
  JobDone,
  JobFailed,
  JobReceipt,
  JobView,
  PollRequest,
} from "./job-views.ts";
import type { Verified } from "./ledger/verify.ts";
import type { Problem, Result } from "./refusal.ts";
import type { Schedules } from "./schedules/schedules.ts";
import type { UsageQuery, UsageView } from "./usage.ts";
import type {
  AssignRequest,
  Caller,
  CompleteRequest,
  DecideRequest,
  EventSent,
  EventView,
  ImportedView,
  LinkView,
  Listing,
  Paging,
  PublishedView,
  RunSummary,
  RunView,
  SignalRequest,
  Started,
  StartRequest,
  StepView,
  TaskView,
  ToolView,
  WorkflowSummary,
  WorkflowView,
} from "./views.ts";

/** Everything a door can ask of the product, for one deployment. All of it is tenant-scoped. */
export interface Engine {
  readonly workflows: {
    publish(caller: Caller, document: Json): Promise<Result<PublishedView>>;
    validate(
      caller: Caller,
      document: Json,
    ): Promise<{ valid: boolean; errors: readonly Problem[]; warnings: readonly Problem[] }>;
    /** Translates a document of another language, and publishes it unless it is a dry run. */
    import(caller: Caller, request: ImportRequest): Promise<Result<ImportedView>>;
    list(caller: Caller, paging: Paging): Promise<Listing<WorkflowSummary>>;
    get(caller: Caller, name: string, version?: number): Promise<Result<WorkflowView>>;
    /** Unless somebody uses it: a version, or all of them. */
    remove(caller: Caller, name: string, version?: number): Promise<Result<null>>;
    versions(
      caller: Caller,
      name: string,
      paging: Paging,
    ): Promise<Result<Listing<WorkflowSummary>>>;
  };
  readonly runs: {
    start(caller: Caller, request: StartRequest): Promise<Result<Started>>;
    /** The run once it has ended or first waits, or as it is after `seconds`. */
    settled(caller: Caller, runId: string, seconds: number): Promise<Result<RunView>>;
    get(caller: Caller, runId: string): Promise<Result<RunView>>;
    list(caller: Caller, filter: RunFilter, paging: Paging): Promise<Result<Listing<RunSummary>>>;
    steps(
      caller: Caller,
      runId: string,
      filter: { node?: string | undefined; status?: string | undefined },
      paging: Paging,
    ): Promise<Result<Listing<StepView>>>;
    events(
      caller: Caller,
      runId: string,
      query: { after: number; type?: string | undefined; limit: number },
    ): Promise<Result<Listing<EventView>>>;
    signal(
      caller: Caller,
      runId: string,
      request: SignalRequest,
    ): Promise<Result<{ accepted: boolean; duplicate: boolean }>>;
    respond(caller: Caller, runId: string, body: Json): Promise<Result<RunView>>;
    /** With `compensate`, what it did is undone before it is cancelled. */
    cancel(
      caller: Caller,
      runId: string,
      reason?: string,
      compensate?: boolean,
    ): Promise<Result<RunView>>;
    /** A failed run goes on from where it failed; `node` says where that is, to be sure. */
    retry(caller: Caller, runId: string, node?: string): Promise<Result<RunView>>;
    /** Recomputes the chain from what is stored. `errors` is empty when `ok`. */
    verify(caller: Caller, runId: string, after?: number): Promise<Result<Verified>>;
  };
  /** The public keys that the heads of runs are signed with. */
  ledgerKeys(): Promise<readonly PublicJwk[]>;
  readonly schedules: Schedules;
  readonly artifacts: ArtifactReader;
  /** What its runs came to, by day and workflow. */
  usage(caller: Caller, query: UsageQuery): Promise<Result<UsageView>>;
  readonly events: {
    /** To every run of the tenant that waits for it; kept only when there is none. */
    send(caller: Caller, request: SignalRequest): Promise<Result<EventSent>>;
  };
  readonly tasks: {
    list(caller: Caller, filter: TaskFilter, paging: Paging): Promise<Listing<TaskView>>;
    get(caller: Caller, taskId: string): Promise<Result<TaskView>>;
    decide(caller: Caller, taskId: string, request: DecideRequest): Promise<Result<TaskView>>;
    /** Fills in a form or answers a question. */
    complete(caller: Caller, taskId: string, request: CompleteRequest): Promise<Result<TaskView>>;
    claim(caller: Caller, taskId: string, as?: string): Promise<Result<TaskView>>;
    release(caller: Caller, taskId: string, as?: string): Promise<Result<TaskView>>;
    reassign(caller: Caller, taskId: string, request: AssignRequest): Promise<Result<TaskView>>;
  };
  readonly links: {
    /** Reads only. `LINK_DEAD` for whatever is not a live link, whatever the reason. */
    view(token: string): Promise<Result<LinkView>>;
    /**
     * Fills in a form as whom the link was sent to, or answers a question. What could not be read
     * of what they sent is not whole, and is refused once all else is right.
     */
    complete(
      token: string,
      request: { data: Json; nonce: string; isWhole?: boolean },
    ): Promise<Result<LinkView & { tenant: string }>>;
    /** Decides as the approver the link was sent to. The nonce is checked after conflicts. */
    decide(
      token: string,
      request: DecideRequest & { nonce: string },
    ): Promise<Result<LinkView & { tenant: string }>>;
  };
  readonly jobs: {
    /** Jobs that are now the caller's; none when there are none until the wait is over. */
    poll(caller: Caller, request: PollRequest): Promise<Result<{ jobs: readonly JobView[] }>>;
    heartbeat(caller: Caller, jobId: string, lease: string): Promise<Result<HeartbeatView>>;
    complete(caller: Caller, jobId: string, request: JobDone): Promise<Result<JobReceipt>>;
    fail(caller: Caller, jobId: string, request: JobFailed): Promise<Result<JobReceipt>>;
  };
  readonly control: RunControl;
  readonly history: History;
  /** One action on each run that a filter finds. */
  bulk(caller: Caller, request: BulkRequest): Promise<Result<BulkReport>>;
  readonly insight: Insight;
  readonly deadLetters: {
    list(
      caller: Caller,
      filter: DeadLetterFilter,
      paging: Paging,
    ): Promise<Result<Listing<DeadLetterView>>>;
    get(caller: Caller, id: string): Promise<Result<DeadLetterView>>;
    redrive(caller: Caller, id: string): Promise<Result<DeadLetterView>>;
    discard(caller: Caller, id: string, reason: string): Promise<Result<DeadLetterView>>;
    /** Sends on what is open, so many per second; `until` is when the last one goes. */
    redriveAll(
      caller: Caller,
      filter: Omit<DeadLetterFilter, "status">,
      perSecond?: number,
    ): Promise<Result<{ scheduled: number; until: string | null; more: boolean }>>;
  };
  readonly tools: {
    list(caller: Caller, paging: Paging): Promise<Listing<ToolView>>;
    get(caller: Caller, name: string): Promise<Result<ToolView>>;
    put(caller: Caller, name: string, tool: Omit<ToolView, "name">): Promise<Result<ToolView>>;
    remove(caller: Caller, name: string): Promise<Result<null>>;
  };
}
