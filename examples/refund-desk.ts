import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isObject, type JsonObject } from "../core/kernel/json.ts";

export type Call = Readonly<{
  /** The Idempotency-Key that came with it. */
  key: string;
  order: string;
  item: string;
  amount: number;
  /** The key was known, so nothing was paid for this call. */
  repeated: boolean;
}>;

export type RefundDesk = Readonly<{
  url: string;
  /** Every call that was accepted, oldest first. */
  calls(): readonly Call[];
  /** What was paid, once per key. */
  payments(): readonly Readonly<{ key: string; receipt: string; amount: number }>[];
  close(): Promise<void>;
}>;

type Options = Readonly<{
  port?: number;
  /** What callers must send as `Authorization: Bearer …`. Nobody is asked when there is none. */
  secret?: string | undefined;
  /** Runs when the money has gone and the answer has not: the worst moment to lose a caller. */
  beforeAnswering?: (call: Call) => Promise<void>;
}>;

type Receipt = Readonly<{ receipt: string; order: string; item: string; amount: number }>;
type Paid = Readonly<{ body: string; receipt: Receipt }>;

const BODY_BYTES_MAX = 10_000;

/**
 * A small, real HTTP service that pays refunds, once per Idempotency-Key.
 *
 * What makes it fit for Holdfast is three lines: look the key up, answer a known one with the
 * receipt it got before, keep the receipt before answering.
 */
export async function openRefundDesk(options: Options = {}): Promise<RefundDesk> {
  const paid = new Map<string, Paid>();
  const calls: Call[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { secret } = options;
    if (request.method !== "POST" || request.url !== "/refunds") {
      return answer(response, 404, { error: "only POST /refunds is here" });
    }
    if (secret !== undefined && request.headers.authorization !== `Bearer ${secret}`) {
      return answer(response, 401, { error: "who are you?" });
    }
    const key = request.headers["idempotency-key"];
    if (typeof key !== "string") return answer(response, 400, { error: "Idempotency-Key needed" });
    const body = await textOf(request);
    const wanted = refundIn(body);
    if (!wanted) return answer(response, 422, { error: "order, item and amount are needed" });

    const before = paid.get(key);
    if (before && before.body !== body) {
      return answer(response, 422, { error: "this key paid something else" });
    }
    const receipt = before?.receipt ?? { receipt: `RF-${paid.size + 1}`, ...wanted };
    paid.set(key, { body, receipt });
    const call: Call = { key, ...wanted, repeated: before !== undefined };
    calls.push(call);
    await options.beforeAnswering?.(call);
    answer(response, 200, receipt);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  }).listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the desk has no port");

  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: () => calls,
    payments: () =>
      [...paid].map(([key, { receipt }]) => ({
        key,
        receipt: receipt.receipt,
        amount: receipt.amount,
      })),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refundIn(text: string): Pick<Call, "order" | "item" | "amount"> | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { order, item, amount } = read;
  if (typeof order !== "string" || typeof item !== "string") return undefined;
  if (typeof amount !== "number" || !(amount > 0)) return undefined;
  return { order, item, amount };
}

function answer(response: ServerResponse, status: number, body: JsonObject): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

if (import.meta.main) {
  const secret = process.env["REFUND_DESK_SECRET"];
  const desk = await openRefundDesk({
    port: Number(process.env["PORT"] ?? 8799),
    secret,
    beforeAnswering: async ({ key, item, amount, repeated }) => {
      console.log(`${repeated ? "again" : "paid "}  ${amount.toFixed(2)}  ${item}  (key ${key})`);
    },
  });
  console.log(`The refund desk listens at ${desk.url}${secret ? " and wants its secret" : ""}.`);
}
