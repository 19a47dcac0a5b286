import { WebSocket } from "ws";
import { type JsonClient, succeeded } from "../../scripts/support/client.ts";
import { eventually } from "./runs.ts";

export type Frame = Readonly<Record<string, unknown>> & Readonly<{ type: string }>;

export type SocketClient = Readonly<{
  frames: Frame[];
  send(frame: object | string): void;
  /** The first frame like that, now or later. */
  frame(type: string, more?: Readonly<Record<string, unknown>>): Promise<Frame>;
  /** The events of one subscription, in the order in which they came. */
  events(subscription: string): readonly Told[];
  closed: Promise<{ code: number; reason: string }>;
  socket: WebSocket;
}>;

export type Told = Readonly<{ runId: string; seq: number; type: string }>;

/** Opens a WebSocket with a ticket of a client's key. */
export async function socketClient(url: string, api: JsonClient): Promise<SocketClient> {
  const { ticket } = succeeded(await api.post("/v1/stream/tickets")) as { ticket: string };
  return connect(url, ticket);
}

export function connect(url: string, ticket: string): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws?ticket=${ticket}`);
  const frames: Frame[] = [];
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const client: SocketClient = {
    frames,
    socket,
    closed,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    frame: (type, more = {}) =>
      eventually(`a frame ${type}`, async () =>
        frames.find(
          (frame) =>
            frame.type === type && Object.entries(more).every(([name, is]) => frame[name] === is),
        ),
      ),
    events: (subscription) =>
      frames
        .filter((frame) => frame.type === "event" && frame["subscription"] === subscription)
        .map((frame) => frame["event"] as Told),
  };
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(client));
    socket.on("unexpected-response", (_request, response) => {
      reject(new Error(`the upgrade was answered ${response.statusCode}`));
    });
    socket.on("error", reject);
  });
}
