import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS, commandLine } from "../../client/cli/command-line.ts";
import { ROOT } from "../architecture/source.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), "holdfast-cli-"));

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Said = Readonly<{ code: number; out: string; err: string }>;

async function holdfast(...words: readonly string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await commandLine(words, {
    env: { HOLDFAST: server.url, HOLDFAST_API_KEY: server.keys.admin },
    print: (text) => void out.push(text),
    complain: (text) => void err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function example(name: string): string {
  return join(ROOT, "examples", `${name}.json`);
}

function written(name: string, document: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** The first word of what was said: ids come first. */
function idIn({ out }: Said): string {
  return out.split(" ")[0] ?? "";
}

describe("the command line", () => {
  test("takes a question from its workflow to the verified ledger", async () => {
    const asked = JSON.stringify({ question: "Ship it?", approver: "ada@example.com" });

    const published = await holdfast("publish", example("ask-a-person"), example("hello"));
    const started = await holdfast("start", "ask-a-person", "--input", asked, "--wait");
    const run = idIn(started);
    const tasks = await holdfast("tasks", "--run", run);
    const approved = await holdfast("approve", run, "--as", "ada@example.com", "--comment", "yes");
    const watched = await holdfast("watch", run);
    const shown = await holdfast("show", run);
    const verified = await holdfast("verify", run);
    const listed = await holdfast("runs", "--workflow", "ask-a-person", "--status", "succeeded");

    expect(published).toEqual({ code: 0, out: "ask-a-person version 1\nhello version 1", err: "" });
    expect(started.out).toMatch(/^run_\S+ ask-a-person waiting for approval task_\S+$/);
    expect(tasks.out).toMatch(/^task_\S+ approval open: Ship it\? \(ada@example.com\)$/);
    expect(approved.out).toMatch(/^task_\S+ approval approved: Ship it\?/);
    expect(watched.code).toBe(0);
    expect(watched.out).toMatch(/^ +1 {2}\S+Z {2}run.created$/m);
    expect(watched.out).toMatch(/step\.started ask\.1$/m);
    expect(shown.out).toMatch(/succeeded "ada@example.com said yes."\nIt ended well at /);
    expect([verified.code, verified.out]).toEqual([0, expect.stringMatching(/^whole: \d+ events/)]);
    expect(listed.out).toContain(`${run} ask-a-person succeeded`);
  });

  test("says what was refused, and ends with 1", async () => {
    const invalid = written("wrong.json", { name: "wrong", nodes: [{ id: "a", type: "nothing" }] });

    const refused = await holdfast("publish", invalid);
    const checked = await holdfast("validate", invalid);
    const missing = await holdfast("show", "run_none");

    expect([refused.code, refused.out]).toEqual([1, ""]);
    expect(refused.err).toMatch(/^INVALID_WORKFLOW: .*\n {2}nodes\[0\]\.type: "nothing" is not a/);
    expect([checked.code, checked.out]).toEqual([
      1,
      expect.stringMatching(/^not valid\nnodes\[0\]\.type: UNKNOWN_NODE_TYPE: /),
    ]);
    expect([missing.code, missing.err]).toEqual([1, "NOT_FOUND: there is no run run_none"]);
  });

  test("tells a failed run by its exit code, and retries it", async () => {
    const nodes = [{ id: "stop", type: "tool", tool: "fail", with: { code: "GONE" } }];
    await holdfast("publish", written("fails.json", { name: "fails", nodes }));

    const failed = await holdfast("start", "fails", "--watch");
    const { out } = await holdfast("runs", "--workflow", "fails", "--json");
    const { id } = (JSON.parse(out) as { data: readonly { id: string }[] }).data[0] ?? { id: "" };

    expect([failed.code, failed.out]).toEqual([1, expect.stringMatching(/fails failed GONE: /)]);
    expect((await holdfast("retry", id)).code).toBe(0);
  });

  test("sends events, answers questions, and cancels", async () => {
    const nodes = [
      { id: "listen", type: "wait", event: { name: "go", key: "k" } },
      { id: "ask", type: "ask", prompt: "Which?" },
      { id: "rest", type: "wait", for: "P1D" },
    ];
    const edges = [
      { from: "listen", to: "ask" },
      { from: "ask", to: "rest" },
    ];
    await holdfast("publish", written("talks.json", { name: "talks", nodes, edges }));
    const run = idIn(await holdfast("start", "talks", "--wait"));
    const payload = written("payload.json", { n: 1 });
    const event = ["signal", run, "go", "--key", "k", "--id", "e-1", "--payload", `@${payload}`];

    const sent = [await holdfast(...event), await holdfast(...event)].map(({ out }) => out);
    const task = idIn(await holdfast("tasks", "--run", run));
    const answered = await holdfast("complete", task, '{"response": "this"}');
    const cancelled = await holdfast("cancel", run, "--reason", "enough");

    expect(sent).toEqual(["taken", "it was taken before"]);
    expect(answered).toMatchObject({
      code: 0,
      out: expect.stringContaining("ask completed") as string,
    });
    expect([cancelled.code, cancelled.out]).toEqual([0, `${run} talks cancelled`]);
  });

  test("imports a document of another language", async () => {
    const states = { Done: { Type: "Succeed" } };
    const file = written("machine.json", { StartAt: "Done", States: states });

    const imported = await holdfast("import", file, "--name", "machine");

    expect([imported.code, imported.err]).toEqual([0, ""]);
    expect(imported.out).toMatch(/^machine version 1/);
  });

  test.each([
    [["what"], "there is no command what"],
    [["start"], "holdfast start WORKFLOW"],
    [["start", "a", "b"], "holdfast start WORKFLOW"],
    [["start", "a", "--inptu", "1"], "Unknown option '--inptu'"],
    [["start", "a", "--input", "{"], "{ is no JSON"],
    [["publish", "none.json"], "none.json cannot be read"],
    [["approve", "run_none"], ""],
  ])("does not understand %j", async (words, complaint) => {
    const { code, err } = await holdfast(...words);

    expect(code).toBe(words[0] === "approve" ? 1 : 2);
    expect(err).toContain(complaint);
  });

  test("tells of itself, and so does its page", async () => {
    const page = readFileSync(join(ROOT, "docs/client.md"), "utf8");
    const { out } = await holdfast("help");

    for (const [name, { takes }] of Object.entries(COMMANDS)) {
      expect(out).toContain(`  ${name} ${takes}`.trimEnd());
      expect(page).toMatch(new RegExp(`\`${name}[ \`]`));
      expect((await holdfast(name, "--help")).out).toContain(`holdfast ${name}`);
    }
  });
});
