import type { Call, RefundDesk } from "../../examples/refund-desk.ts";
import { type JsonClient, jsonClient } from "../support/client.ts";
import type { Claims } from "./claims.ts";
import { type LocalServer, startLocalServer } from "./local-server.ts";
import type { Screen } from "./screen.ts";

/** What all acts share. */
export type Stage = Readonly<{
  screen: Screen;
  claims: Claims;
  dataFolder: string;
  apiKey: string;
  /** What the desk wants to see, and nobody else may. */
  deskSecret: string;
  desk: RefundDesk;
  /** Resolves with the call whose caller is to die: the money has gone, the answer has not. */
  held: Promise<Call>;
  server(): LocalServer;
  client(): JsonClient;
  /** Starts the server, on the folder and port it had before unless told otherwise. */
  start(dataFolder?: string): Promise<LocalServer>;
  /** What the newest server printed; empty before there is one. */
  lastOutput(): string;
}>;

export function openStage(given: Omit<Stage, "server" | "client" | "start" | "lastOutput">): Stage {
  let current: Readonly<{ server: LocalServer; client: JsonClient }> | undefined;
  const running = () => {
    if (!current) throw new Error("no server was started");
    return current;
  };
  return {
    ...given,
    server: () => running().server,
    client: () => running().client,
    lastOutput: () => current?.server.output() ?? "",
    async start(dataFolder = given.dataFolder) {
      const { apiKey } = given;
      const before = current?.server.port;
      current?.client.close();
      const server = await startLocalServer({
        dataFolder,
        apiKey,
        ...(before === undefined ? {} : { port: before }),
      });
      current = { server, client: jsonClient({ baseUrl: server.url, key: apiKey }) };
      return server;
    },
  };
}
