import releaseSync from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";

/** A script with its input as JSON, and how long it may take. */
export type Work = Readonly<{ code: string; input: string; timeoutMs: number }>;

export type Done =
  | Readonly<{ ok: true; output: string }>
  | Readonly<{ ok: false; reason: "threw" | "time" | "memory" | "size"; message: string }>;

/** Runs scripts in this thread, one after the other. */
export type Machine = Readonly<{ run(work: Work): Promise<Done> }>;

/**
 * Pages of 64 KiB. The engine's own limit of memory does not count long texts and buffers, so what
 * binds is the memory of the module itself: 32 MiB, and not a byte more whatever a script does.
 */
const PAGES_MIN = 256;
const PAGES_MAX = 512;
const STACK_BYTES_MAX = 256 * 1024;
/** Of what a script returns, as JSON. */
export const OUTPUT_LENGTH_MAX = 1024 * 1024;
const MESSAGE_LENGTH_MAX = 1_000;

/**
 * Made before the script is: what it returns is written by the engine's own JSON, whatever the
 * script makes of the globals. Math.random goes, and all that shows when garbage is collected.
 */
const HARNESS = `(() => {
  const { parse, stringify } = JSON;
  const Make = Function;
  const Later = Promise;
  delete Math.random;
  for (const name of ["WeakRef", "FinalizationRegistry", "performance"]) delete globalThis[name];
  const run = (script, input) => {
    const returned = script(input);
    if (!(returned instanceof Later)) return returned;
    throw new TypeError("a script returns no promise: there is nothing to wait for, nor to import");
  };
  return (code, text, max) => {
    const script = new Make("input", '"use strict";\\n' + code);
    if (text === undefined) return "";
    const returned = run(script, parse(text));
    const json = stringify(returned);
    if (json === undefined) return "null";
    return json.length > max ? json.length : json;
  };
})()`;

export function quickjsMachine(): Machine {
  let module: Promise<Module> | undefined;

  return {
    async run(work) {
      module ??= newModule();
      const { done, isBroken } = runIn(await module, work);
      // After that, the module's memory is in a state that nobody vouches for.
      if (isBroken) module = undefined;
      return done;
    },
  };
}

/** Of the Web's types, which are not ours: all that is used of them. */
type Memory = Readonly<{ buffer: ArrayBuffer }>;
type MakesMemory = new (pages: { initial: number; maximum: number }) => Memory;
type Web = Readonly<{ WebAssembly: Readonly<{ Memory: MakesMemory }> }>;

type Module = Readonly<{ quickjs: QuickJSWASMModule; memory: Memory }>;

async function newModule(): Promise<Module> {
  const web = globalThis as unknown as Web;
  const memory = new web.WebAssembly.Memory({ initial: PAGES_MIN, maximum: PAGES_MAX });
  // Its types are those of a CommonJS module, and what is imported is not.
  const base = releaseSync as unknown as QuickJSSyncVariant;
  const variant = newVariant(base, { wasmMemory: memory as never });
  return { quickjs: await newQuickJSWASMModuleFromVariant(variant), memory };
}

/** Of this thread, so that a machine that is busy elsewhere fails no script. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function runIn(module: Module, work: Work): { done: Done; isBroken: boolean } {
  const deadline = cpuMs() + work.timeoutMs;
  let isLate = false;
  let done: Done | undefined;
  try {
    const runtime = module.quickjs.newRuntime({
      maxStackSizeBytes: STACK_BYTES_MAX,
      interruptHandler: () => {
        isLate ||= cpuMs() > deadline;
        return isLate;
      },
    });
    const context = runtime.newContext({
      intrinsics: {
        BaseObjects: true,
        Eval: true,
        StringNormalize: true,
        RegExp: true,
        RegExpCompiler: true,
        JSON: true,
        Proxy: true,
        MapSet: true,
        TypedArrays: true,
        Promise: true,
        BigInt: true,
      },
    });
    done = evaluate(context, work, () => ({ isLate, hasGrown: hasGrown(module) }));
    if (!done.ok && done.reason === "memory") return { done, isBroken: true };
    context.dispose();
    runtime.dispose();
    return { done, isBroken: false };
  } catch (error) {
    const message = `the script broke its sandbox: ${text(error)}`;
    return { done: done ?? { ok: false, reason: "memory", message }, isBroken: true };
  }
}

function hasGrown({ memory }: Module): boolean {
  return memory.buffer.byteLength > PAGES_MIN * 65_536;
}

type State = Readonly<{ isLate: boolean; hasGrown: boolean }>;

function evaluate(context: QuickJSContext, work: Work, state: () => State): Done {
  const harness = context.unwrapResult(context.evalCode(HARNESS));
  const code = context.newString(work.code);
  const input = work.input === "" ? context.undefined : context.newString(work.input);
  const max = context.newNumber(OUTPUT_LENGTH_MAX);
  const called = context.callFunction(harness, context.undefined, code, input, max);
  const handles = [harness, code, input, max];
  if (called.error) {
    const done = failure(context.dump(called.error), state());
    if (done.reason === "memory") return done;
    for (const handle of [...handles, called.error]) handle.dispose();
    return done;
  }
  const returned: unknown = context.dump(called.value);
  for (const handle of [...handles, called.value]) handle.dispose();
  if (typeof returned === "string") return { ok: true, output: returned };
  const message = `it returns ${String(returned)} characters, and may ${OUTPUT_LENGTH_MAX}`;
  return { ok: false, reason: "size", message };
}

const MEMORY = new Set(["out of memory", "string too long", "invalid array buffer length"]);

function failure(error: unknown, { isLate, hasGrown: grown }: State): Extract<Done, { ok: false }> {
  const { name, message } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    message?: unknown;
  };
  if (isLate) return { ok: false, reason: "time", message: "it took longer than it may" };
  const said = typeof message === "string" ? message : text(error);
  // Where there is no memory for an error, null is thrown.
  const isMemory = name === "InternalError" && MEMORY.has(said);
  if (isMemory || (error === null && grown)) {
    return { ok: false, reason: "memory", message: "it needed more memory than it may have" };
  }
  const named = typeof name === "string" ? `${name}: ${said}` : said;
  return { ok: false, reason: "threw", message: named.slice(0, MESSAGE_LENGTH_MAX) };
}

function text(error: unknown): string {
  const said = error instanceof Error ? error.message : JSON.stringify(error);
  return (said ?? "undefined").slice(0, MESSAGE_LENGTH_MAX);
}
