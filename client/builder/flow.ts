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
import type { Known, Lazy, None, PortAt } from "./scope.ts";
import type { Ref, Template, ValueOf } from "./values.ts";

/** An id that no node of the graph has yet. */
type New<S, Id> = Id extends keyof S ? never : unknown;

/**
 * What is known at one point. A flow has it in three parts, of which the first never changes: so
 * that the type of a flow of many nodes is not that of a flow in a flow in a flow.
 */
type Here<C extends Around, S extends object, At extends string> = {
  input: C["input"];
  vars: C["vars"];
  around: C["around"];
  names: C["names"];
  steps: S;
  at: At;
};

type Around = Pick<Known, "input" | "vars" | "around" | "names">;

type With<
  C extends Around,
  S extends object,
  Id extends string,
  Output,
  Ports extends string,
  At extends string,
> = Flow<C, S & { readonly [Name in Id]: { output: Output; ports: Ports } }, At>;
type Next<
  C extends Around,
  S extends object,
  Id extends string,
  Output,
  Ports extends string = never,
> = With<C, S, Id, Output, Ports, Id>;

type ItemsOf<Items> =
  ValueOf<Items> extends infer Value
    ? Value extends readonly (infer Entry)[]
      ? Entry
      : Value extends Readonly<Record<string, infer Entry>>
        ? Entry
        : unknown
    : never;

type BodyOf<C extends Around, S extends object, Item> = Flow<
  {
    input: C["input"];
    vars: C["vars"];
    around: Omit<C["around"], keyof S> & S;
    names: Readonly<{ item: Ref<Item>; index: Ref<number>; key: Ref<string> }>;
  },
  None,
  never
>;

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
export interface Flow<C extends Around, S extends object, A extends string> extends Graph {
  set<const Id extends string, W = null>(
    id: Id & New<S, Id>,
    node?: SetNode<Here<C, S, A>, W>,
  ): Next<C, S, Id, ValueOf<W>>;
  script<const Id extends string, Output = unknown>(
    id: Id & New<S, Id>,
    node: ScriptNode<Here<C, S, A>, Output>,
  ): Next<C, S, Id, Output>;
  rules<const Id extends string, Outcome = unknown>(
    id: Id & New<S, Id>,
    node: RulesNode<Here<C, S, A>, Outcome>,
  ): Next<C, S, Id, RulesOutput<Outcome>>;
  llm<const Id extends string, const Answer extends Schema | undefined = undefined>(
    id: Id & New<S, Id>,
    node: Readonly<{ schema?: Answer }> &
      LlmNode<Here<C, S, A>, Answer extends undefined ? null : FromSchema<Answer>>,
  ): Next<C, S, Id, LlmOutput<Answer extends undefined ? null : FromSchema<Answer>>>;
  tool<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<S, Id>,
    node: ToolNode<Here<C, S, A>, Input, Output>,
  ): Next<C, S, Id, Output>;
  approval<const Id extends string, const Option extends string = "approved" | "rejected">(
    id: Id & New<S, Id>,
    node: ApprovalNode<Here<C, S, A>, Option>,
  ): Next<C, S, Id, ApprovalOutput<Option>, Option | "timeout">;
  form<const Id extends string, const Answer extends Schema | undefined = undefined>(
    id: Id & New<S, Id>,
    node: Readonly<{ schema?: Answer }> &
      FormNode<Here<C, S, A>, Answer extends undefined ? PlainForm : FromSchema<Answer>>,
  ): Next<C, S, Id, Answer extends undefined ? PlainForm : FromSchema<Answer>, "timeout">;
  ask<const Id extends string>(
    id: Id & New<S, Id>,
    node: AskNode<Here<C, S, A>>,
  ): Next<C, S, Id, Readonly<{ response: string }>, "timeout">;
  wait<const Id extends string, Payload = unknown>(
    id: Id & New<S, Id>,
    node: WaitNode<Here<C, S, A>, Payload>,
  ): Next<C, S, Id, Payload, "timeout">;
  notify<const Id extends string>(
    id: Id & New<S, Id>,
    node: NotifyNode<Here<C, S, A>>,
  ): Next<C, S, Id, Receipt>;
  /** The body is drawn by a function, in which `$` has `item`, `index` and `key` as well. */
  map<const Id extends string, Items extends Template, Result = unknown>(
    id: Id & New<S, Id>,
    items: Lazy<Here<C, S, A>, Items>,
    body: (each: BodyOf<C, S, ItemsOf<Items>>) => Graph,
    node?: MapNode<Here<C, S, A>, Result>,
  ): Next<C, S, Id, MapOutput<Items, Result>>;
  subflow<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<S, Id>,
    node: SubflowNode<Here<C, S, A>, Input, Output>,
  ): Next<C, S, Id, Output>;
  /** Ends its path: nothing follows it. */
  end<const Id extends string>(
    id: Id & New<S, Id>,
    node?: EndNode<Here<C, S, A>>,
  ): With<C, S, Id, unknown, never, never>;
  /** A node of any type, with its fields as the language has them. */
  node<const Id extends string>(
    id: Id & New<S, Id>,
    node: Readonly<{ type: string }> & Readonly<Record<string, Template>>,
  ): Next<C, S, Id, unknown, string>;

  /** What comes next follows these nodes, and not the one that was drawn last. */
  after<const Id extends keyof S & string>(...ids: readonly Id[]): Flow<C, S, Id>;
  /** The next edge is taken only when this holds. */
  when(
    condition: Condition<Here<C, S, A>>,
    about?: Readonly<{ label?: string; title?: string }>,
  ): Flow<C, S, A>;
  /** The next edge leaves by this port; `codes` are the errors that it takes. */
  on(port: PortAt<Here<C, S, A>>, codes?: readonly string[]): Flow<C, S, A>;
  /** An edge to a node that has been drawn. What comes next still follows the same node. */
  to(...ids: readonly ([A] extends [never] ? never : keyof S & string)[]): Flow<C, S, A>;
  /** The next node undoes this one; what comes after it follows the node that was last before. */
  undo(id: keyof S & string): Undoing<C, S, A>;
  /** Nodes that are cancelled when one finishes; for those that were drawn after it. */
  cancels(id: keyof S & string, ...ids: readonly (keyof S & string)[]): Flow<C, S, A>;
  /** The first node, when it is not the one that was drawn first. */
  start(id: keyof S & string): Flow<C, S, A>;
  /** What the run comes to; without it, what the step came to that succeeded last. */
  build(): Built<C["input"], unknown>;
  build<Output extends Template>(
    output: Lazy<Here<C, S, A>, Output>,
  ): Built<C["input"], ValueOf<Output>>;
}

/** Waits for the node that undoes another. The flow goes on where it was. */
interface Undoing<C extends Around, S extends object, A extends string> {
  tool<const Id extends string, Input = unknown, Output = unknown>(
    id: Id & New<S, Id>,
    node: ToolNode<Here<C, S, A>, Input, Output>,
  ): With<C, S, Id, Output, never, A>;
  llm<const Id extends string>(
    id: Id & New<S, Id>,
    node: LlmNode<Here<C, S, A>, unknown>,
  ): With<C, S, Id, LlmOutput<unknown>, never, A>;
  set<const Id extends string, W = null>(
    id: Id & New<S, Id>,
    node?: SetNode<Here<C, S, A>, W>,
  ): With<C, S, Id, ValueOf<W>, never, A>;
}
