import { describe, expect, test } from "vitest";
import { freePort, portOpen } from "../../scripts/support/port.ts";
import { startProcess } from "../../scripts/support/proc.ts";

const node = (program: string) => startProcess(process.execPath, ["-e", program]);

describe("a started process", () => {
  test("gives the line that it printed before anyone asked", async () => {
    const proc = node(`console.log("one"); console.log("ready on port 7")`);
    await proc.exited;

    expect((await proc.line(/port (\d+)/))[1]).toBe("7");
    expect(proc.output()).toBe("one\nready on port 7");
  });

  test("gives a line of either stream while it runs", async () => {
    const proc = node(`console.error("complaint 3"); setInterval(() => {}, 1000)`);

    expect((await proc.line(/complaint (\d)/))[1]).toBe("3");
    expect(await proc.kill()).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("rejects who waits for a line that never came, with what came instead", async () => {
    const proc = node(`console.log("something else"); process.exit(3)`);

    await expect(proc.line(/ready/)).rejects.toThrow(/ended without.*\/ready\/[^]*something else/);
    expect(await proc.exited).toEqual({ code: 3, signal: null });
  });

  test("is killed when it does not hear the wish to stop", async () => {
    const proc = node(
      `process.on("SIGTERM", () => console.log("not now")); setInterval(() => {}, 1000);
       console.log("up")`,
    );
    await proc.line(/up/);

    expect(await proc.stop(300)).toEqual({ code: null, signal: "SIGKILL" });
    expect(proc.output()).toContain("not now");
  });

  test("that cannot be started says which program it was", async () => {
    const proc = startProcess("no-such-program", []);

    await expect(proc.exited).rejects.toThrow("could not start no-such-program");
  });

  test("is reached once its port is open", async () => {
    const port = await freePort();
    const proc = node(`require("node:net").createServer().listen(${port}, "127.0.0.1")`);

    await portOpen(port);

    expect(await proc.stop()).toEqual({ code: null, signal: "SIGTERM" });
  });
});
