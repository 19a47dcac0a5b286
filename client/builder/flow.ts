import type { JsonObject } from "../../core/contract/fields.ts";
import type {
  ApprovalNode,
  ApprovalOutput,
  AskNode,
  Condition,
  EndNode,
  FormNode,
  LlmNode,
  LlmOutput,
  MapNode,
  NotifyNode,
  PlainForm,
  Receipt,
  RulesNode,
  RulesOutput,
  ScriptNode,
  SetNode,
  SubflowNode,
  SubflowOf,
  ToolNode,
  WaitNode,
} from "./nodes.ts";
import type { FromSchema, Schema } from "./schema.ts";
import type { IdOf, Known, Lazy, None, PortAt } from "./scope.ts";
import type { Ref, Template, ValueOf } from "./values.ts";

/** An id that no node of the graph has yet. */
type New<K extends Known, Id> = Id extends keyof K["steps"] ? never : unknown;

type With<
  K extends Known,
  Id extends string,
  Output,
  Ports extends string,
  At extends string,
> = Flow<{
  input: K["input"];
  vars: K["vars"];
  steps: K["steps"] & { readonly [Name in Id]: { output: Output; ports: Ports } };
  around: K["around"];
  at: At;
  names: K["names"];
}>;
type Next<K extends Known, Id extends string, Output, Ports extends string = never> = With<
  K,
  Id,
  Output,
  Ports,
  Id
>;
type From<K extends Known, At extends string> = Flow<{
  input: K["input"];
  vars: K["vars"];
  steps: K["steps"];
  around: K["around"];
  at: At;
  names: K["names"];
}>;

type ItemsOf<Items> =
  ValueOf<Items> extends infer Value
    ? Value extends readonly (infer Entry)[]
      ? Entry
      : Value extends Readonly<Record<string, infer Entry>>
        ? Entry
        : unknown
    : never;

type BodyOf<K extends Known, Item> = Flow<{
  input: K["input"];
  vars: K["vars"];
  steps: None;
  around: Omit<K["around"], keyof K["steps"]> & K["steps"];
  at: never;
  names: Readonly<{ item: Ref<Item>; index: Ref<number>; key: Ref<string> }>;
}>;

type MapOutput<Items, Result> =
  ValueOf<Items> extends readonly unknown[]
    ? readonly Result[]
    : ValueOf<Items> extends object
      ? { readonly [Name in keyof ValueOf<Items>]: Result }
      : unknown;

/** A graph whose nodes are drawn, for the body of a map. */
export interface Graph {
  /** The nodes, edges and start so far. */
  graph(): JsonObject;
}

/** A document, with the types of what a run of it takes and gives. */
export type Built<Input, Output> = JsonObject & SubflowOf<Input, Output>;

/**
 * A graph being drawn. Every method answers with another flow, and leaves this one as it is.
 *
 * A node follows the one that was drawn before it, unless `after` or `undo` says otherwise.
 */
export interface Flow<K extends Known> extends Graph {
  set<const Id extends string, W = null>(
    id: Id & New<K, Id>,
    node?: SetNode<K, W>,
  ): Next<K, Id, ValueOf<W>>;
  script<const Id extends string, Output = unknown>(
    id: Id & New<K, Id>,
    node: ScriptNode<K, Output>,
  ): Next<K, Id, Output>;
  rules<const Id extends string, Outcome = unknown>(
    id: Id & New<K, Id>,
    node: RulesNode<K, Outcome>,
  ): Next<K, Id, RulesOutput<Outcome>>;
  llm<const Id extends string, const S extends Schema | undefined = undefined>(
    id: Id & New<K, Id>,
    node: Readonly<{ schema?: S }> & LlmNode<K, S extends undefined ? null : FromSchema<S>>,
  ): Next<K, Id, LlmOutput<S extends undefined ? null : FromSchema<S>>>;
  tool<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<K, Id>,
    node: ToolNode<K, Input, Output>,
  ): Next<K, Id, Output>;
  approval<const Id extends string, const Option extends string = "approved" | "rejected">(
    id: Id & New<K, Id>,
    node: ApprovalNode<K, Option>,
  ): Next<K, Id, ApprovalOutput<Option>, Option | "timeout">;
  form<const Id extends string, const S extends Schema | undefined = undefined>(
    id: Id & New<K, Id>,
    node: Readonly<{ schema?: S }> & FormNode<K, S extends undefined ? PlainForm : FromSchema<S>>,
  ): Next<K, Id, S extends undefined ? PlainForm : FromSchema<S>, "timeout">;
  ask<const Id extends string>(
    id: Id & New<K, Id>,
    node: AskNode<K>,
  ): Next<K, Id, Readonly<{ response: string }>, "timeout">;
  wait<const Id extends string, Payload = unknown>(
    id: Id & New<K, Id>,
    node: WaitNode<K, Payload>,
  ): Next<K, Id, Payload, "timeout">;
  notify<const Id extends string>(id: Id & New<K, Id>, node: NotifyNode<K>): Next<K, Id, Receipt>;
  /** The body is drawn by a function, in which `$` has `item`, `index` and `key` as well. */
  map<const Id extends string, Items extends Template, Result = unknown>(
    id: Id & New<K, Id>,
    items: Lazy<K, Items>,
    body: (each: BodyOf<K, ItemsOf<Items>>) => Graph,
    node?: MapNode<K, Result>,
  ): Next<K, Id, MapOutput<Items, Result>>;
  subflow<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<K, Id>,
    node: SubflowNode<K, Input, Output>,
  ): Next<K, Id, Output>;
  /** Ends its path: nothing follows it. */
  end<const Id extends string>(
    id: Id & New<K, Id>,
    node?: EndNode<K>,
  ): With<K, Id, unknown, never, never>;
  /** A node of any type, with its fields as the language has them. */
  node<const Id extends string>(
    id: Id & New<K, Id>,
    node: Readonly<{ type: string }> & Readonly<Record<string, Template>>,
  ): Next<K, Id, unknown, string>;

  /** What comes next follows these nodes, and not the one that was drawn last. */
  after<const Id extends IdOf<K>>(...ids: readonly Id[]): From<K, Id>;
  /** The next edge is taken only when this holds. */
  when(condition: Condition<K>, about?: Readonly<{ label?: string; title?: string }>): Flow<K>;
  /** The next edge leaves by this port; `codes` are the errors that it takes. */
  on(port: PortAt<K>, codes?: readonly string[]): Flow<K>;
  /** An edge to a node that has been drawn. What comes next still follows the same node. */
  to(...ids: readonly ([K["at"]] extends [never] ? never : IdOf<K>)[]): Flow<K>;
  /** The next node undoes this one; what comes after it follows the node that was last before. */
  undo(id: IdOf<K>): Undoing<K>;
  /** Nodes that are cancelled when one finishes; for those that were drawn after it. */
  cancels(id: IdOf<K>, ...ids: readonly IdOf<K>[]): Flow<K>;
  /** The first node, when it is not the one that was drawn first. */
  start(id: IdOf<K>): Flow<K>;
  /** What the run comes to; without it, what the step came to that succeeded last. */
  build(): Built<K["input"], unknown>;
  build<Output extends Template>(output: Lazy<K, Output>): Built<K["input"], ValueOf<Output>>;
}

/** Waits for the node that undoes another. The flow goes on where it was. */
interface Undoing<K extends Known> {
  tool<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<K, Id>,
    node: ToolNode<K, Input, Output>,
  ): With<K, Id, Output, never, K["at"]>;
  llm<const Id extends string>(
    id: Id & New<K, Id>,
    node: LlmNode<K, unknown>,
  ): With<K, Id, LlmOutput<unknown>, never, K["at"]>;
  set<const Id extends string, W = null>(
    id: Id & New<K, Id>,
    node?: SetNode<K, W>,
  ): With<K, Id, ValueOf<W>, never, K["at"]>;
}
