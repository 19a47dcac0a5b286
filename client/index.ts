export type { Built, Flow } from "./builder/flow.ts";
export {
  and,
  at,
  call,
  choose,
  concat,
  count,
  eq,
  exists,
  expr,
  get,
  gt,
  gte,
  lt,
  lte,
  minus,
  modulo,
  ne,
  not,
  or,
  orElse,
  over,
  plus,
  sum,
  text,
  times,
} from "./builder/operators.ts";
export { type Shape, shape } from "./builder/schema.ts";
export type { Ref, Template } from "./builder/values.ts";
export { tool, typed, workflow } from "./builder/workflow.ts";
export { connect, type Holdfast } from "./http/client.ts";
export { ProblemError } from "./http/problem-error.ts";
export type { ClientOptions } from "./http/transport.ts";
export type * from "./http/wire.ts";
