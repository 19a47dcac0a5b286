import type { Expression } from "./expression.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Template } from "./template.ts";

/** A workflow document, checked and parsed once. Pinned by its hash in every run that uses it. */
export type Workflow = Readonly<{
  name: string;
  version: number;
  hash: string;
  start: string;
  /** A node of a map's body is here too, by the map's name and its own: `each/work`. */
  nodes: ReadonlyMap<string, Node>;
  /** The graphs by the map that has them as its body; the workflow's own by "". */
  bodies: ReadonlyMap<string, Body>;
  /** Edges by the node that they leave, in the order in which they are tried. */
  edges: ReadonlyMap<string, readonly Edge[]>;
  vars: readonly (readonly [string, Template])[];
  output: Template | undefined;
  input: JsonObject | undefined;
  limits: Readonly<{ maxVisits: number; deadlineMs: number | undefined }>;
  admission: Admission | undefined;
  /** Whether a path of at least one edge, by any port, leads from one node to another. */
  reaches(from: string, to: string): boolean;
  /** For a join that counts: the `split: "all"` node whose instances it counts. */
  splitOf: ReadonlyMap<string, string>;
}>;

/** When a run of it may begin, by the group that its key puts it in. */
export type Admission = Readonly<{
  concurrency?: Readonly<{
    key: Template | undefined;
    limit: number;
    onLimit: "queue" | "reject" | "cancelOldest";
  }>;
  throttle?: Readonly<{ key: Template | undefined; limit: number; periodMs: number }>;
  debounce?: Readonly<{ key: Template | undefined; periodMs: number }>;
}>;

/** A graph's first node, and the names that `$steps` knows in it. */
export type Body = Readonly<{ start: string; names: readonly string[] }>;

export type NodeType =
  | "set"
  | "script"
  | "rules"
  | "form"
  | "ask"
  | "llm"
  | "tool"
  | "notify"
  | "approval"
  | "wait"
  | "end"
  | "map"
  | "subflow";

export type Node = Readonly<{
  id: string;
  type: NodeType;
  /** The node as it was written; for fields that are no templates. */
  document: JsonObject;
  title: string | undefined;
  with: Template | undefined;
  /** Templates of the type's own fields, by the field's name. */
  fields: Readonly<Record<string, Template>>;
  assign: readonly (readonly [string, Template])[];
  retry: Retry;
  timeoutMs: number | undefined;
  delivery: "at-least-once" | "at-most-once" | undefined;
  /** The node that undoes it. */
  compensate: string | undefined;
  /** What follows when nobody knows whether a call happened; a tool may be named that can tell. */
  onUnknown: "ask" | "fail" | "retry" | Readonly<{ reconcile: string }>;
  split: "first" | "all";
  join: Join;
  cancels: readonly string[];
  /** Of a map. */
  map?: MapPolicy | undefined;
}>;

export type MapPolicy = Readonly<{
  concurrency: number;
  /** How many items may fail: so many, or so many of a hundred. */
  tolerate: Readonly<{ of: number; percent: boolean }> | undefined;
  minSuccessful: number | undefined;
  /** What becomes of items under way when enough are over. */
  rest: "cancel" | "ignore";
}>;

export type Join =
  | Readonly<{ type: "any" }>
  | Readonly<{ type: "all" }>
  | Readonly<{ type: "atLeast"; n: number; rest: "cancel" | "ignore" }>;

export type Retry = Readonly<{
  attemptsMax: number;
  backoff: Backoff;
  on: readonly string[];
  notOn: readonly string[];
  /** What follows when no attempt is left. */
  exhausted: "fail" | "pause" | "ask";
}>;

export type Backoff = Readonly<{
  initialMs: number;
  factor: number;
  delayMsMax: number;
  jitter: "full" | "none";
}>;

export type Edge = Readonly<{
  index: number;
  from: string;
  to: string;
  /** "success", "error", "timeout", or the option of an approval. */
  port: string;
  /** For `on: "error"`: codes that it takes, where `*` stands for anything. */
  errors: readonly string[];
  when: Expression | boolean | undefined;
  label: string | undefined;
}>;

/** `HTTP_4*` takes `HTTP_404`; `*` takes everything. */
export function matchesCode(code: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const [head = "", ...rest] = pattern.split("*");
    if (rest.length === 0) return pattern === code;
    if (!code.startsWith(head)) return false;
    let at = head.length;
    for (const [index, part] of rest.entries()) {
      const last = index === rest.length - 1;
      const found = last ? code.length - part.length : code.indexOf(part, at);
      if (found < at || !code.startsWith(part, found)) return false;
      at = found + part.length;
    }
    return true;
  });
}

/** The options of an approval; `approved` is its success port. */
export const DEFAULT_OPTIONS: readonly { id: string; label: string }[] = [
  { id: "approved", label: "Approve" },
  { id: "rejected", label: "Reject" },
];

export function optionsOf(document: JsonObject): readonly { id: string; label: string }[] {
  const options = document["options"];
  if (!Array.isArray(options)) return DEFAULT_OPTIONS;
  // Validation asks too, of documents that may hold anything here.
  return options.flatMap((option: Json) => {
    const { id, label } = isObject(option) ? option : { id: option };
    if (typeof id !== "string") return [];
    return { id, label: typeof label === "string" ? label : labelOf(id) };
  });
}

function labelOf(id: string): string {
  const known = DEFAULT_OPTIONS.find((option) => option.id === id);
  return known?.label ?? id.charAt(0).toUpperCase() + id.slice(1).replaceAll("_", " ");
}
