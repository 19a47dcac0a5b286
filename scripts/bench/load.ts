import { fork } from "node:child_process";
import { once } from "node:events";
import type { LoadFailure, LoadJob, LoadResult } from "./load-job.ts";

export type Load = Readonly<{ run(job: LoadJob): Promise<LoadResult>; close(): void }>;

/** Starts the load generator. One job at a time. */
export function startLoad(): Load {
  const child = fork(new URL("load-child.ts", import.meta.url), { serialization: "advanced" });
  const gone = once(child, "exit").then(() => {
    throw new Error("the load generator ended");
  });
  gone.catch(() => undefined);
  return {
    async run(job) {
      child.send(job);
      const message = once(child, "message") as Promise<[LoadResult | LoadFailure]>;
      const [result] = await Promise.race([message, gone]);
      if ("failure" in result) throw new Error(`the load generator failed: ${result.failure}`);
      return result;
    },
    close: () => child.disconnect(),
  };
}
