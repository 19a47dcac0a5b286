import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type BannerFacts, banner } from "../../local/banner.ts";
import { echo, openDoor } from "./open-door.ts";
import { tempFolder } from "./temp-folder.ts";

const run = promisify(execFile);
const facts: BannerFacts = {
  url: "http://127.0.0.1:8787",
  dataFolder: "/srv/.holdfast",
  apiKey: "hf_key",
  platformKey: "hfp_key",
  dev: true,
  clockOffsetMs: 0,
  example: { file: "/srv/examples/hello.json", workflow: "hello", input: { name: "Ada" } },
};

describe("what a server says when it starts", () => {
  test("names its address, its documentation, its mailbox and its keys", () => {
    const text = banner(facts);
    for (const said of [
      "http://127.0.0.1:8787",
      "/docs",
      "/mail",
      "hf_key",
      "hfp_key",
      "/srv/.holdfast",
    ])
      expect(text).toContain(said);
    expect(text).not.toContain("moved");
    expect(text.split("\n").length).toBeLessThan(25);
  });

  test("does not repeat keys that the environment fixes", () => {
    const text = banner({ ...facts, apiKey: undefined, platformKey: undefined });
    expect(text).toContain("as set in HOLDFAST_API_KEY");
    expect(text).toContain("as set in HOLDFAST_PLATFORM_KEY");
    expect(text).not.toContain("HOLDFAST_API_KEY=");
  });

  test("reminds of a clock that was moved, and of a mailbox that is off", () => {
    const text = banner({ ...facts, clockOffsetMs: 90 * 60_000, dev: false });
    expect(text).toContain("moved forward by 1 h 30 min");
    expect(text).toContain("HOLDFAST_DEV=1");
    expect(text).not.toContain("/mail");
  });

  test("can be pasted into a shell as it is, and asks what it says", async () => {
    const asked: { path: string; text: string; key: string }[] = [];
    const { url } = await openDoor(async (request) => {
      const { path, query, headers, body } = request;
      const text = Buffer.from(body ?? []).toString();
      asked.push({ path: `${path}?${query}`, text, key: headers["authorization"] ?? "" });
      expect(headers["content-type"]).toBe("application/json");
      return echo(request);
    });
    const file = join(tempFolder(), "it's hello.json");
    writeFileSync(file, '{"name":\n"hello"}');
    const example = { file, workflow: "hello", input: { name: "it's Ada" } };
    const text = banner({ ...facts, url, example });
    const commands = text.slice(text.indexOf("HOLDFAST_API_KEY="));

    await run("sh", ["-e", "-c", commands]);

    expect(asked).toEqual([
      { path: "/v1/workflows?", text: '{"name":"hello"}', key: "Bearer hf_key" },
      {
        path: "/v1/runs?wait=5",
        text: '{"workflow":"hello","input":{"name":"it\'s Ada"}}',
        key: "Bearer hf_key",
      },
    ]);
  });
});
