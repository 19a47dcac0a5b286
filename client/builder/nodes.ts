import type { JsonObject } from "../../core/contract/fields.ts";
import type { Shape } from "./schema.ts";
import type { Assigned, IdOf, Known, Lazy } from "./scope.ts";
import type { Raw, Template, TemplateOf, Valued, ValueOf } from "./values.ts";

/** Like `PT30S` or `P3D`. */
export type Duration = `P${string}`;

export type Retry = Readonly<{
  maxAttempts?: number;
  backoff?: Readonly<{
    initial?: Duration;
    factor?: number;
    max?: Duration;
    jitter?: "full" | "none";
  }>;
  on?: readonly string[];
  notOn?: readonly string[];
  exhausted?: "fail" | "pause" | "ask";
}>;

/** The fields that every node may have. */
type Common<K extends Known, Output> = Readonly<{
  title?: Lazy<K, string>;
  description?: Lazy<K, string>;
  /** Variables to set when the step succeeds; `$.output` is what it came to. */
  assign?: Assigned<K, Output>;
  retry?: Retry;
  timeout?: Duration;
  delivery?: "at-least-once" | "at-most-once";
  onUnknown?: "ask" | "fail" | "retry" | Readonly<{ reconcile: string }>;
  split?: "first" | "all";
  join?: "any" | "all" | Readonly<{ atLeast: number; rest?: "cancel" | "ignore" }>;
  cancels?: readonly IdOf<K>[];
}>;

export type SetNode<K extends Known, With> = Readonly<{ with?: Lazy<K, With> }> &
  Common<K, ValueOf<With>>;

export type ScriptNode<K extends Known, Output> = Readonly<{
  /** The body of a function of `input`. */
  code: string;
  with?: Lazy<K, Template>;
  /** Only a type: `shape<…>()`. */
  answers?: Shape<Output>;
}> &
  Common<K, Output>;

export type RulesNode<K extends Known, Outcome> = Readonly<{
  table: Readonly<Record<string, unknown>>;
  with?: Lazy<K, Template>;
  /** Only a type, of the outcome: `shape<…>()`. */
  answers?: Shape<Outcome>;
}> &
  Common<K, RulesOutput<Outcome>>;

export type RulesOutput<Outcome> = Readonly<{
  outcome: Outcome;
  rules: readonly Readonly<{ rule: number; annotation?: string }>[];
}>;

type Message = Readonly<{ role: "system" | "user" | "assistant"; content: string }>;

export type LlmNode<K extends Known, Answer> = Readonly<{
  model?: Lazy<K, string>;
  system?: Lazy<K, string>;
  prompt?: Lazy<K, string>;
  messages?: Lazy<K, readonly Message[]>;
  temperature?: number;
  maxTokens?: number;
  /** What the model `mock/script` answers. */
  script?: readonly JsonObject[];
  with?: Lazy<K, Template>;
}> &
  Common<K, LlmOutput<Answer>>;

export type LlmOutput<Answer> = Readonly<{
  text: string;
  object: Answer;
  usage: Readonly<{ inputTokens: number; outputTokens: number; totalTokens: number }>;
  cost: number;
  model: string;
  finishReason: string;
}>;

/** The name of a tool, with the types of what it takes and what it answers. */
export type ToolName<Input, Output> = string & Readonly<{ [TOOL]: (input: Input) => Output }>;
declare const TOOL: unique symbol;

export type ToolNode<K extends Known, Input, Output> = Readonly<{
  tool: ToolName<Input, Output> | string;
  with?: Lazy<K, TemplateOf<NoInfer<Input>>>;
  /** Only a type: `shape<…>()`. */
  answers?: Shape<Output>;
}> &
  Common<K, Output>;

type Texts = string | Valued<unknown> | readonly (string | Valued<unknown>)[];
type Time = string | Valued<unknown>;

type Asked<K extends Known> = Readonly<{
  preview?: Lazy<K, Template>;
  with?: Lazy<K, Template>;
  due?: Lazy<K, Time>;
  priority?: number;
  reminders?: Lazy<K, readonly Time[]>;
}>;

/** What happens when nobody answers, so long after the opening. */
type Escalation = Readonly<
  { after: Time } & ({ action: "remind" } | { action: "reassign"; to: Texts })
>;
type Verdict<Option> = Readonly<{ after: Time; action: "decide"; decision: Option }>;

export type ApprovalNode<K extends Known, Option extends string> = Readonly<{
  approvers?: Lazy<K, Texts>;
  quorum?: number;
  options?: readonly (Option | Readonly<{ id: Option; label?: string }>)[];
  escalation?: Lazy<K, readonly (Escalation | Verdict<NoInfer<Option>>)[]>;
  email?: boolean;
}> &
  Asked<K> &
  Common<K, ApprovalOutput<Option>>;

export type ApprovalOutput<Option> = Readonly<{
  decision: Option;
  decidedBy: string;
  comment: string | null;
  at: string;
  edits: unknown;
}>;

type Assigning<K extends Known> = Readonly<{
  assignees?: Lazy<K, Texts>;
  groups?: Lazy<K, Texts>;
  escalation?: Lazy<K, readonly Escalation[]>;
  email?: boolean;
}> &
  Asked<K>;

export type FormNode<K extends Known, Answer> = Readonly<{ ui?: JsonObject }> &
  Assigning<K> &
  Common<K, Answer>;

/** What a form without a schema asks for. */
export type PlainForm = Readonly<{ approved: boolean; comments?: string }>;

export type AskNode<K extends Known> = Readonly<{
  prompt: Lazy<K, string>;
  choices?: Lazy<K, Texts>;
  freeText?: boolean;
}> &
  Assigning<K> &
  Common<K, Readonly<{ response: string }>>;

type EventName = Readonly<{ name: string | Valued<unknown>; key?: string | Valued<unknown> }>;
type Part = { until: Time } | { for: Time } | { event: EventName };

export type WaitNode<K extends Known, Payload> = Readonly<{
  until?: Lazy<K, Time>;
  for?: Lazy<K, Time>;
  event?: Lazy<K, EventName>;
  any?: Lazy<K, readonly Readonly<Part>[]>;
  all?: Lazy<K, readonly Readonly<Part>[]>;
  /** Only a type, of what comes with the event: `shape<…>()`. */
  payload?: Shape<Payload>;
}> &
  Common<K, Payload>;

type Secret = Readonly<{ $secret: string }>;

export type NotifyNode<K extends Known> = Readonly<{
  channel: "email" | "sms" | "webhook" | "event";
  to?: Lazy<K, Texts | Secret>;
  subject?: Lazy<K, string>;
  body?: Lazy<K, Template>;
  headers?: Lazy<K, Readonly<Record<string, string | Secret>>>;
  /** What could not be sent fails the step like any other call. */
  required?: boolean;
}> &
  Common<K, Receipt>;

export type Receipt = Readonly<{
  channel: string;
  id: string;
  to: string | readonly string[];
  subject: string;
  status?: number;
  captured?: true;
}>;

export type MapNode<K extends Known, Result> = Readonly<{
  concurrency?: number;
  tolerate?: number | `${number}%`;
  minSuccessful?: number;
  rest?: "cancel" | "ignore";
  distributed?: boolean;
  with?: Lazy<K, Template>;
  /** Only a type, of what an item comes to: `shape<…>()`. */
  answers?: Shape<Result>;
}> &
  Common<K, unknown>;

export type SubflowNode<K extends Known, Input, Output> = Readonly<{
  workflow: SubflowOf<Input, Output> | Lazy<K, string | Valued<string>>;
  version?: number;
  with?: Lazy<K, TemplateOf<NoInfer<Input>>>;
  mode?: "sync" | "async";
  answers?: Shape<Output>;
}> &
  Common<K, Output>;

/** A workflow of this builder, as far as one that starts it must know it. */
export type SubflowOf<Input, Output> = Readonly<{
  name: string;
  [WORKFLOW]?: (input: Input) => Output;
}>;
declare const WORKFLOW: unique symbol;

export type EndNode<K extends Known> = Readonly<{
  status?: "succeeded" | "failed";
  output?: Lazy<K, Template>;
  error?: Lazy<K, Readonly<{ code?: string; message?: string }>>;
  terminate?: boolean;
  with?: Lazy<K, Template>;
}> &
  Common<K, unknown>;

/** When an edge is taken. */
export type Condition<K extends Known> = Lazy<K, Valued<unknown> | Raw | boolean>;
