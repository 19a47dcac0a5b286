import { ClientFrame } from "../../core/contract/sockets.ts";
import type { Live } from "../../core/engine/fan-out/live.ts";
import type { Sockets } from "../../core/ports/sockets.ts";
import { HTTP_LIMITS } from "./app-deps.ts";
import { check } from "./check.ts";
import type { Refused } from "./problem.ts";
import { parseJson } from "./read-body.ts";

/** Bytes of a frame from a client: API Gateway takes no more. */
export const FRAME_BYTES_MAX = 128 * 1024;

/** Reads what a client says on its WebSocket, and does it. Whatever it is, there is an answer. */
export async function socketFrame(
  deps: Readonly<{ live: Live; sockets: Sockets }>,
  connection: string,
  text: string,
): Promise<void> {
  const json = parseJson(text, HTTP_LIMITS);
  const read = json.ok ? check(ClientFrame, json.value, "frame") : json;
  if (!read.ok) {
    await deps.sockets.send(connection, JSON.stringify(errorFrame(read.refusal)));
    return;
  }
  const frame = read.value;
  switch (frame.action) {
    case "subscribe":
      return deps.live.subscribe(connection, frame);
    case "unsubscribe":
      return deps.live.unsubscribe(connection, frame.id);
    case "ping":
      return deps.live.ping(connection, frame.id);
  }
}

function errorFrame({ code, message, errors = [] }: Refused) {
  return { type: "error", code, message, ...(errors.length > 0 && { errors }) };
}
