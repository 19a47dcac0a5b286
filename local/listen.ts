import type { Server } from "node:http";
import { Fault } from "../core/ports/fault.ts";

/** Resolves to the port that the server listens on, which is another one when 0 was asked for. */
export async function listen(
  server: Server,
  { host, port }: Readonly<{ host: string; port: number }>,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new Fault(reasonOf(cause, host, port), { retryable: false, cause });
  } finally {
    server.off("error", reject);
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function reasonOf(cause: unknown, host: string, port: number): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is in use. Set PORT to another one, or to 0 for any.`;
    case "EACCES":
      return `This user may not listen on port ${port}. Set PORT to one above 1023.`;
    default:
      return `The server cannot listen on ${host}, port ${port}: ${String(cause)}. See HOST and PORT.`;
  }
}
