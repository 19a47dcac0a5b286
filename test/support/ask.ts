import { Agent, type IncomingHttpHeaders, request } from "node:http";

export type Asked = Readonly<{
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; fails the test when it is none. */
  json(): Readonly<Record<string, unknown>>;
}>;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One HTTP exchange, exactly as said: for what a well-behaved client would not send. */
export function ask(
  method: string,
  url: string,
  options: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const { body } = options;
    // Node frames the body of a POST only, and sends that of a DELETE unframed.
    const length = body === undefined ? {} : { "content-length": `${Buffer.byteLength(body)}` };
    const headers = { ...length, ...options.headers };
    const signal = AbortSignal.timeout(60_000);
    const call = request(url, { method, headers, agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, text, json: () => JSON.parse(text) });
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}
