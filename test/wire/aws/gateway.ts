import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authority } from "../iam/authority.ts";
import { type Account, wishesOf } from "../iam/wishes.ts";
import { type AwsAnswer, type AwsCall, AwsError, type Emulator, type RawRequest } from "./call.ts";
import type { Faults, Misfortune } from "./faults.ts";
import { readCall } from "./read-call.ts";

export type Recorded = Readonly<{
  caller: string;
  service: string;
  operation: string;
  /** What became of it; "denied" was not done. */
  fate: "done" | "refused" | "denied" | Misfortune;
  code?: string;
}>;

const CALLS_MAX = 200_000;
const WRITES = /^(Put|Update|Delete|TransactWrite|BatchWrite)Items?$/;

export type Gateway = Awaited<ReturnType<typeof gateway>>;

/**
 * The one door to the account, where `AWS_ENDPOINT_URL` of every function points. It knows who asks
 * by the access key, checks each call against the caller's own role, lets misfortunes strike, and
 * records what was asked.
 */
export async function gateway(options: {
  emulators: () => Readonly<Record<string, Emulator>>;
  authority: Authority;
  account: () => Account;
  faults: Faults;
  /** Kills the environment by which a call came: its session token says which. */
  kill: (environment: string) => void;
  written: (call: AwsCall) => void;
}) {
  const { authority, faults } = options;
  const calls: Recorded[] = [];
  /** What no emulator knows, or what broke one: each is a fault of the suite or of the product. */
  const complaints: string[] = [];

  function note(call: AwsCall, fate: Recorded["fate"], code?: string): void {
    const { caller, service, operation } = call;
    if (calls.length < CALLS_MAX) {
      calls.push({ caller, service, operation, fate, ...(code !== undefined && { code }) });
    }
  }

  async function handle(raw: RawRequest, response: ServerResponse): Promise<void> {
    let call: AwsCall | undefined;
    try {
      call = readCall(raw);
      for (const wish of wishesOf(call, options.account())) {
        const { allowed, why } = authority.check(call.caller, wish);
        if (!allowed) throw denied(call, wish.action, wish.resource, why);
      }
      const misfortune = faults.of(call);
      if (misfortune === "throttle") throw throttled(call);
      if (misfortune === "kill-before") options.kill(environmentOf(raw));
      else await perform(call, response, misfortune);
      if (misfortune?.startsWith("kill")) response.destroy();
    } catch (error) {
      refuse(call, error, response);
    }
  }

  async function perform(call: AwsCall, response: ServerResponse, misfortune?: Misfortune) {
    const emulator = options.emulators()[call.service];
    if (!emulator) throw new AwsError(400, "UnsupportedByEmulator", call.service);
    const answer = await emulator(call);
    note(call, misfortune ?? (answer.status < 300 ? "done" : "refused"));
    if (WRITES.test(call.operation) && answer.status === 200) options.written(call);
    if (misfortune === "kill-after") options.kill(environmentOf(call.raw));
    if (misfortune === "lose") response.destroy();
    else if (!misfortune) send(response, answer);
  }

  function refuse(call: AwsCall | undefined, error: unknown, response: ServerResponse): void {
    const known = error instanceof AwsError ? error : undefined;
    const code = known?.code ?? "EmulatorFailure";
    if (!known || code === "UnsupportedByEmulator") {
      const words = error instanceof Error ? (known ? error.message : error.stack) : String(error);
      complaints.push(`${call?.caller}: ${call?.service}:${call?.operation}: ${words}`);
    }
    const fate = code.startsWith("AccessDenied")
      ? "denied"
      : THROTTLES.has(code)
        ? "throttle"
        : "refused";
    if (call) note(call, fate, code);
    const message = error instanceof Error ? error.message : String(error);
    send(response, answerOf(call, new AwsError(known?.status ?? 500, code, message, known?.more)));
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((raw) => handle(raw, response));
  });
  // A client that stood still must find its connection again, as it would not on AWS; what is
  // tested here by losing answers is tested on purpose.
  server.keepAliveTimeout = 600_000;
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    complaints,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

function environmentOf(raw: RawRequest): string {
  return String(raw.headers["x-amz-security-token"] ?? "");
}

async function bodyOf(request: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = "", url = "", headers } = request;
  const { pathname, searchParams } = new URL(url, "http://aws");
  return { method, path: pathname, query: searchParams, headers, body: Buffer.concat(chunks) };
}

function denied(call: AwsCall, action: string, resource: string, why: string): AwsError {
  const message = `${call.caller} is not authorized to perform: ${action} on ${resource}: ${why}`;
  const code = call.service === "s3" ? "AccessDenied" : "AccessDeniedException";
  return new AwsError(call.service === "s3" ? 403 : 400, code, message);
}

const THROTTLED: Readonly<Record<string, readonly [status: number, code: string]>> = {
  s3: [503, "SlowDown"],
  scheduler: [429, "ThrottlingException"],
  lambda: [429, "TooManyRequestsException"],
  ses: [429, "TooManyRequestsException"],
  sqs: [400, "RequestThrottled"],
  "execute-api": [429, "LimitExceededException"],
};
const THROTTLES = new Set([
  "ThrottlingException",
  "TransactionCanceledException",
  ...Object.values(THROTTLED).map(([, code]) => code),
]);

/** A transaction that meets another one is what a throttle is to a single write. */
function throttled({ service, operation, params }: AwsCall): AwsError {
  if (operation === "TransactWriteItems") {
    const items = params["TransactItems"] as readonly unknown[];
    const CancellationReasons = items.map((_, index) =>
      index === 0
        ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" }
        : { Code: "None" },
    );
    const message = "Transaction cancelled, please refer cancellation reasons";
    return new AwsError(400, "TransactionCanceledException", message, { CancellationReasons });
  }
  const [status, code] = THROTTLED[service] ?? [400, "ThrottlingException"];
  return new AwsError(status, code, "Rate exceeded");
}

const PREFIX: Readonly<Record<string, string>> = {
  sqs: "com.amazonaws.sqs#",
  dynamodb: "com.amazonaws.dynamodb.v20120810#",
};

/** A refusal as the service would write it: S3 in XML, REST by a header, others by type. */
function answerOf(call: AwsCall | undefined, error: AwsError): AwsAnswer {
  const { status, code, message, more } = error;
  if (call?.service === "s3") {
    const xml = `<Error><Code>${code}</Code><Message>refused</Message></Error>`;
    const body = call.raw.method === "HEAD" ? {} : { body: Buffer.from(xml) };
    return { status, headers: { "content-type": "application/xml" }, ...body };
  }
  const prefix = code.includes("#") ? "" : (PREFIX[call?.service ?? ""] ?? "");
  const headers = { "x-amzn-errortype": code.replace(/^.*#/, "") };
  return { status, headers, body: { __type: `${prefix}${code}`, message, ...more } };
}

function send(response: ServerResponse, { status, headers = {}, body }: AwsAnswer): void {
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : json(body);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-requestid": crypto.randomUUID(),
    ...(bytes && { "content-length": String(bytes.byteLength) }),
    ...headers,
  });
  response.end(bytes);
}

function json(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}
