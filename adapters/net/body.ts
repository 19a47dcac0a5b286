import type { IncomingMessage } from "node:http";
import { CallFailure } from "../../core/ports/call-failure.ts";

/** A failing answer is only quoted in a message, so its body is cut instead of refused. */
const FAILED_BODY_BYTES_MAX = 64 * 1024;

/** The whole body, bounded; `RESPONSE_TOO_LARGE` as soon as a 2xx answer passes its bound. */
export function readBody(
  response: IncomingMessage,
  { method, bytesMax, name }: { method: string; bytesMax: number; name: string },
): Promise<Buffer> {
  const succeeded = Math.floor((response.statusCode ?? 0) / 100) === 2;
  const most = succeeded ? bytesMax : Math.min(bytesMax, FAILED_BODY_BYTES_MAX);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (succeeded && method !== "HEAD" && Number(response.headers["content-length"]) > most) {
      return reject(tooLarge(name, most));
    }
    const encoding = response.headers["content-encoding"];
    if (succeeded && encoding && encoding.toLowerCase() !== "identity") {
      return reject(encoded(name));
    }
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= most) return;
      if (succeeded) return reject(tooLarge(name, most));
      resolve(Buffer.concat(chunks).subarray(0, most));
      response.destroy();
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
    response.on("error", reject);
    // Cut off in the middle, `end` never comes. After `end` this changes nothing.
    response.on("close", () => reject(new Error("cut off")));
  });
}

function tooLarge(name: string, most: number): CallFailure {
  return new CallFailure("RESPONSE_TOO_LARGE", `${name} answered with more than ${most} bytes.`, {
    retryable: false,
  });
}

function encoded(name: string): CallFailure {
  const message = `${name} compressed its answer although it was asked not to.`;
  return new CallFailure("RESPONSE_INVALID", message, { retryable: false });
}
