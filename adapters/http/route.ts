import type * as z from "zod";
import type { Result } from "../../core/engine/refusal.ts";
import type { Caller, Listing } from "../../core/engine/views.ts";
import type { Serving } from "./app-deps.ts";
import type { ProblemCode } from "./error-catalog.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import type { Checked, Refused } from "./problem.ts";

/** What a caller must be allowed: `nothing` and `platform` routes belong to no tenant. */
export type Need = "nothing" | "platform" | "read" | "decide" | "operate" | "work" | "administer";

/** What a handler answers: `value` goes out as JSON, the others as they are. */
export type Reply = Readonly<{
  status: number;
  value?: unknown;
  text?: string;
  bytes?: Uint8Array;
  stream?: HttpResponse["stream"];
  headers?: Readonly<Record<string, string>>;
  /** For the audit: who it was, where the door cannot know it from a key. */
  by?: Readonly<{ tenant: string; actor: Readonly<{ kind: "link" | "hook"; id: string }> }>;
}>;

export type Answer = Readonly<{
  status: number;
  description: string;
  schema?: z.ZodType;
  /** Other media types than JSON that the same answer may come in. */
  texts?: readonly string[];
  headers?: readonly ("Location" | "Idempotency-Replayed")[];
}>;

type ParamsOf<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [name in Name]: string } & ParamsOf<Rest>
  : unknown;
type CallerOf<N> = N extends "nothing" | "platform" ? undefined : Caller;
type ValueOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export type Call<Path, N, Query, Body> = Readonly<{
  caller: CallerOf<N>;
  params: ParamsOf<Path>;
  query: ValueOf<Query>;
  body: ValueOf<Body>;
  request: HttpRequest;
  requestId: string;
  /** Only on routes whose repeats the engine tells: see `repeats`. */
  idempotencyKey: string | undefined;
  bodyHash: string | undefined;
}>;

type Spec<Path, N, Query, Body> = Readonly<{
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: Path;
  operationId: string;
  tag: string;
  summary: string;
  description: string;
  needs: N;
  /** A schema per name in the path. */
  params?: Readonly<Record<string, z.ZodType<string>>>;
  query?: Query;
  body?: Body;
  /** Nothing sent means an empty object. */
  bodyOptional?: true;
  /** A POST that changes nothing, or a worker's pulse: the audit is not told of it. */
  audited?: false;
  /** Served only where it is asked for, to those who know another system by its routes. */
  optional?: "seed";
  /** Members of a refusal beside those of a problem, made from its sentence. */
  members?: (message: string) => Readonly<Record<string, unknown>>;
  /** A list: the app seals and opens the cursors. */
  paged?: true;
  /**
   * A route that reads its request itself: the door leaves path, query and body to it, and it says
   * in which form a refusal goes out.
   */
  page?: (refusal: Refused, request: HttpRequest, requestId: string) => Reply;
  /** Who keeps the answer for the next request with the same Idempotency-Key. */
  repeats?: "engine" | "replays";
  /** The field of the answer that a replay leaves out, because it is a secret. */
  shownOnce?: string;
  /** Where the thing is that a 201 tells of. */
  location?: (value: Readonly<Record<string, unknown>>) => string;
  answers: readonly Answer[];
  refusals: readonly ProblemCode[];
  handle(call: Call<Path, N, Query, Body>, deps: Serving): Promise<Checked<Reply>>;
}>;

/** One line of the route table: what is served is what is documented, because it is one value. */
export type Route = Spec<string, Need, z.ZodType | undefined, z.ZodType | undefined>;

/** Checks a handler against its own path and schemas, then forgets the particular types. */
export function route<
  const Path extends string,
  const N extends Need,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(spec: Spec<Path, N, Query, Body>): Route {
  return spec;
}

/** A result of the engine as a reply. */
export function replyOf<T>(result: Result<T>, status = 200): Checked<Reply> {
  if (!result.ok) return result;
  return { ok: true, value: status === 204 ? { status } : { status, value: result.value } };
}

export function listed(listing: Listing<unknown>): Checked<Reply> {
  return { ok: true, value: { status: 200, value: listing } };
}
