import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { FromEnvironment, InvocationError, ToEnvironment } from "./messages.ts";

/**
 * What runs in the process of an environment: the part of Lambda that is inside. It imports the
 * bundle as it is deployed, and gives it the globals, the context and the clock of the account.
 */
type Handler = (event: unknown, ...rest: readonly unknown[]) => unknown;

const STREAMS = Symbol("streams its answer");
const ANSWER_BYTES_MAX = 6 * 1_048_576;
const RealDate = Date;
let offsetMs = 0;
const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, as) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, as) as object,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, as) => (name === "now" ? now : (Reflect.get(target, name, as) as unknown)),
});

class ResponseStream extends Writable {
  readonly #id: string;
  isBegun = false;

  constructor(id: string) {
    super();
    this.#id = id;
  }

  begin(status: number, headers: Record<string, string>): void {
    this.isBegun = true;
    send({ type: "prelude", id: this.#id, status, headers });
  }

  setContentType(type: string): void {
    this.begin(200, { "content-type": type });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isBegun) this.begin(200, { "content-type": "application/octet-stream" });
    send({ type: "chunk", id: this.#id, base64: Buffer.from(chunk).toString("base64") });
    done();
  }
}

type Prelude = Readonly<{ statusCode?: number; headers?: Record<string, string> }>;

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: Handler) => Object.assign(handler, { [STREAMS]: true }),
    HttpResponseStream: {
      from(stream: ResponseStream, { statusCode = 200, headers = {} }: Prelude) {
        stream.begin(statusCode, headers);
        return stream;
      },
    },
  },
});

function send(message: FromEnvironment): void {
  process.send?.(message);
}

function errorOf(error: unknown): InvocationError {
  if (!(error instanceof Error)) return { errorType: "Error", errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack ?? "" };
}

function contextOf(id: string, deadlineAt: number) {
  const functionName = process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "";
  return {
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: process.env["HOLDFAST_WIRE_FUNCTION_ARN"] ?? functionName,
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] ?? "",
    awsRequestId: id,
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"] ?? "",
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"] ?? "",
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadlineAt - RealDate.now()),
  };
}

async function invoke(handler: Handler, { id, event, deadlineAt }: Invoke): Promise<void> {
  try {
    const context = contextOf(id, deadlineAt);
    if (STREAMS in handler) {
      const stream = new ResponseStream(id);
      await handler(event, stream, context);
      if (!stream.writableFinished) await new Promise((done) => stream.end(() => done(undefined)));
      return send({ type: "answer", id, payload: "null" });
    }
    const answer = await handler(event, context);
    const payload = JSON.stringify(answer ?? null);
    if (Buffer.byteLength(payload) > ANSWER_BYTES_MAX) {
      const errorMessage = `the answer has ${Buffer.byteLength(payload)} bytes`;
      return send({
        type: "failed",
        id,
        error: { errorType: "Function.ResponseSizeTooLarge", errorMessage },
      });
    }
    send({ type: "answer", id, payload });
  } catch (error) {
    send({ type: "failed", id, error: errorOf(error) });
  }
}

type Invoke = Extract<ToEnvironment, { type: "invoke" }>;

async function main(bundle: string): Promise<void> {
  const { handler } = (await import(pathToFileURL(bundle).href)) as { handler: Handler };
  process.on("message", (message: ToEnvironment) => {
    ({ offsetMs } = message);
    if (message.type === "invoke") void invoke(handler, message);
  });
  send({ type: "ready" });
}

// An environment ends with the account that it is part of.
process.on("disconnect", () => process.exit(0));
main(process.argv[2] ?? "").catch((error: unknown) => {
  send({ type: "unusable", error: errorOf(error) });
});
