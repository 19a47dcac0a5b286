import { closeSync, fdatasyncSync, openSync, statfsSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { times } from "./measured.ts";
import type { Options } from "./options.ts";
import { note, report } from "./report.ts";
import { newFolder } from "./server.ts";

const SYNCS = 200;
const TMPFS = 0x01021994;

/** What the figures stand on: the processors, and what one fsync of the disk takes. */
export async function reportMachine({ parentFolder }: Options): Promise<void> {
  const folder = await newFolder(parentFolder);
  try {
    const isMemory = statfsSync(folder.path).type === TMPFS;
    if (isMemory) note(`${parentFolder} is in memory: its fsyncs cost nothing. Choose --folder.`);
    const { p50Ms, p99Ms } = times(syncs(join(folder.path, "probe")));
    report("machine", {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model ?? "unknown",
      processors: availableParallelism(),
      loadAverage: loadavg()[0],
      disk: { isMemory, fsyncP50Ms: p50Ms, fsyncP99Ms: p99Ms },
    });
  } finally {
    folder.remove();
  }
}

/** Appends of 8 KB, each made durable: what a COMMIT alone on the machine would wait for. */
function syncs(file: string): readonly number[] {
  const page = Buffer.alloc(8_192, "x");
  const handle = openSync(file, "w");
  try {
    return Array.from({ length: SYNCS }, () => {
      const began = performance.now();
      writeSync(handle, page);
      fdatasyncSync(handle);
      return performance.now() - began;
    });
  } finally {
    closeSync(handle);
  }
}
