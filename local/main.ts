import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { Fault } from "../core/ports/fault.ts";

// Half of what a start takes is reading our own code, and after a crash every moment counts. Kept
// beside the packages, where whoever could change it could change them as well.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/holdfast", import.meta.url)));

try {
  const { serve } = await import("./serve.ts");
  await serve();
} catch (error) {
  const stack = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${error instanceof Fault ? error.message : (stack ?? "failed")}\n`);
  process.exitCode = 1;
}
// Not only at exit: a server that is killed has none.
flushCompileCache();
