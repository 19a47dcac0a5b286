import type { JsonObject } from "../../core/contract/fields.ts";
import {
  blank,
  type Drawing,
  graphOf,
  lazily,
  settled,
  withEdges,
  withField,
  withNext,
  withNode,
} from "./draw.ts";
import { printedObject } from "./expression.ts";
import type { Flow, Graph } from "./flow.ts";
import type { Duration, ToolName } from "./nodes.ts";
import { type FromSchema, jsonSchemaOf, type Schema } from "./schema.ts";
import type { None } from "./scope.ts";
import type { Template, Valued, ValueOf } from "./values.ts";

type About<S, Vars> = Readonly<{
  title?: string;
  description?: string;
  /** A JSON Schema, a schema of zod or its like, or the type alone: `shape<…>()`. */
  input?: S;
  /** The variables as they begin. */
  vars?: Vars;
  limits?: Readonly<{
    maxVisits?: number;
    deadline?: Duration;
    budget?: Readonly<{ usd?: number; tokens?: number; onExceeded?: "fail" | "ask" }>;
  }>;
  retention?: Duration;
}>;

type Variables<Vars> = { [Name in keyof Vars]: ValueOf<Vars[Name]> };

/**
 * Begins a workflow. What is drawn is the document that `docs/workflow-language.md` tells, and
 * nothing more: what a chain builds can be published, compared and kept as JSON.
 */
export function workflow<
  const S extends Schema | undefined = undefined,
  Vars extends Readonly<Record<string, Template>> = None,
>(
  name: string,
  about: About<S, Vars> = {},
): Flow<
  {
    input: S extends undefined ? unknown : FromSchema<S>;
    vars: Variables<Vars>;
    around: None;
    names: None;
  },
  None,
  never
> {
  const { input, vars, ...rest } = about;
  const schema = input === undefined ? undefined : jsonSchemaOf(input);
  const variables = printedObject(vars ?? {});
  const isAny = Object.keys(variables).length > 0;
  const head = { name, ...rest, input: schema, vars: isAny ? variables : undefined };
  return flow(blank(printedObject(head))) as never;
}

/** Names a tool with the types of what it takes and what it answers. */
export function tool<Input = unknown, Output = unknown>(name: string): ToolName<Input, Output> {
  return name as ToolName<Input, Output>;
}

/** A variable that may be more than it begins as; without a value it begins as nothing. */
export function typed<T>(value?: T): Valued<T> {
  return value as unknown as Valued<T>;
}

const TYPES = "set script rules llm tool approval form ask wait notify subflow end".split(" ");

type Fields = Readonly<Record<string, unknown>>;

/** The methods of a flow, without the types that tell which of them may be called and how. */
function flow(drawing: Drawing): unknown {
  const node = (type: string, id: string, fields: Fields = {}) =>
    flow(withNode(drawing, type, id, fields));
  const ofTypes = TYPES.map((type) => [
    type,
    (id: string, fields?: Fields) => node(type, id, fields),
  ]);
  return {
    ...Object.fromEntries(ofTypes),
    node: (id: string, { type, ...fields }: Fields & { type: string }) => node(type, id, fields),
    map: (id: string, items: unknown, body: (each: unknown) => Graph, fields: Fields = {}) =>
      node("map", id, { items, ...fields, body: body(flow(blank({}))).graph() }),
    after: (...at: readonly string[]) => flow({ ...settled(drawing), at }),
    when: (condition: unknown, about: JsonObject = {}) =>
      flow(withNext(drawing, { when: lazily(condition), ...about })),
    on: (on: string, errors?: readonly string[]) =>
      flow(withNext(drawing, { on, ...(errors && { errors }) })),
    to: (...ids: readonly string[]) => flow(withEdges(drawing, ids)),
    undo: (undoes: string) => flow({ ...settled(drawing), undoes }),
    cancels: (id: string, ...ids: readonly string[]) =>
      flow(withField(drawing, id, "cancels", ids)),
    start: (start: string) => flow({ ...drawing, start }),
    graph: () => graphOf(drawing),
    build(output?: unknown) {
      const end = output === undefined ? {} : { output: lazily(output) };
      return { ...drawing.head, ...graphOf(drawing), ...end };
    },
  };
}
