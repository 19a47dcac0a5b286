import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

/** A folder that is gone when this process is, however it ends, short of being killed itself. */
export function tempFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `holdfast-${name}-`));
  made.add(path);
  return path;
}

/** Ends on a signal like on any other way, so that the listeners of `exit` clean up. */
export function exitOnSignals(): void {
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  process.on("SIGHUP", () => process.exit(129));
}

process.on("exit", () => {
  // A child that was killed a moment ago may still be letting go of a file.
  for (const path of made) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});
