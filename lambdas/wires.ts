import type { Sockets } from "../core/ports/sockets.ts";

/** The wires of sockets, whose client is loaded when one is used: the API only closes some. */
export function wires(endpoint: string): Sockets {
  let made: Promise<Sockets> | undefined;
  const ready = () => (made ??= load(endpoint));
  return {
    send: async (connection, frame) => (await ready()).send(connection, frame),
    close: async (connection, code, reason) => (await ready()).close(connection, code, reason),
  };
}

async function load(endpoint: string): Promise<Sockets> {
  const sdk = await import("../adapters/aws/api-gateway-sockets.ts");
  return sdk.apiGatewaySockets(sdk.socketsClient(endpoint));
}
