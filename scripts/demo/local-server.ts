import { join } from "node:path";
import { type Exit, type Proc, startNode } from "../support/proc.ts";

export type LocalServer = Readonly<{
  url: string;
  port: number;
  pid: number;
  output: Proc["output"];
  /** SIGKILL. */
  kill(): Promise<Exit>;
  /** SIGTERM, which drains. */
  stop(): Promise<Exit>;
}>;

const ROOT = join(import.meta.dirname, "../..");
/** What somebody may have set for a server of their own, and must not leak into this one. */
const UNSET = {
  HOST: undefined,
  HOLDFAST_DEV: undefined,
  HOLDFAST_MODELS: undefined,
  HOLDFAST_PUBLIC_URL: undefined,
};

/** Starts what `npm start` starts, as a process of its own, and resolves when it serves. */
export async function startLocalServer(options: {
  dataFolder: string;
  apiKey: string;
  /** Any that is free unless said; a server that comes back needs its old one. */
  port?: number;
}): Promise<LocalServer> {
  const { dataFolder, apiKey, port = 0 } = options;
  const proc = startNode(join(ROOT, "local/main.ts"), [], {
    cwd: ROOT,
    env: {
      ...UNSET,
      PORT: String(port),
      HOLDFAST_LOG: "info",
      HOLDFAST_DATA: dataFolder,
      HOLDFAST_API_KEY: apiKey,
      // Not used, and fixed so that a failed demo does not print the one that would be made.
      HOLDFAST_PLATFORM_KEY: `${apiKey}-platform`,
    },
  });
  const [, url = ""] = await proc.line(/Holdfast is ready at (\S+)/);
  return {
    url,
    port: Number(new URL(url).port),
    pid: proc.pid,
    output: proc.output,
    kill: proc.kill,
    stop: () => proc.stop(),
  };
}
