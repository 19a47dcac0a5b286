import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunSummary } from "../../core/engine/views.ts";
import { openRefundDesk, type RefundDesk } from "../../examples/refund-desk.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { runBlocks } from "./document-blocks.ts";

/** The key that the documents tell their readers to choose, and the secret of the desk. */
const KEY = "laptop";
const SECRET = "desk-secret";

const PATIENCE_MS = 60_000;

/** Runs that the document leaves waiting, for a person to decide in a browser. */
const documents = [
  { path: "README.md", waiting: [] },
  { path: "examples/README.md", waiting: ["ask-a-person", "refund-agent"] },
  { path: "docs/getting-started.md", waiting: [] },
] as const;

describe.each(documents)("$path", ({ path, waiting }) => {
  let server: TestServer;
  let desk: RefundDesk;
  beforeAll(async () => {
    const secret = path.startsWith("docs/") ? SECRET : undefined;
    [server, desk] = await Promise.all([
      startServer({ HOLDFAST_API_KEY: KEY }),
      openRefundDesk({ secret }),
    ]);
  });
  afterAll(async () => {
    await desk.close();
    await server.close();
  });

  test("has commands that work when pasted, and print what it says", {
    timeout: PATIENCE_MS,
  }, async () => {
    const { ran, failure } = await runBlocks(path, {
      "http://127.0.0.1:8787": server.url,
      "http://127.0.0.1:8799": desk.url,
    });

    expect(failure).toBeUndefined();
    expect(ran.length).toBeGreaterThan(0);
    const broken = ran.filter(({ missing }) => missing.length > 0);
    expect(broken.map(({ line, missing, output }) => ({ line, missing, output }))).toEqual([]);

    const listed = succeeded(await server.as(KEY).get("/v1/runs?limit=200"));
    const unfinished = (listed["data"] as unknown as readonly RunSummary[])
      // It takes ten seconds, to leave time for a kill.
      .filter(({ workflow }) => workflow !== "crash-and-resume")
      .filter(({ status }) => status !== "succeeded");
    expect(unfinished.map(({ workflow }) => workflow).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      waiting,
    );
  });
});
