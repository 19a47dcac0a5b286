import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleClient } from "../../scripts/build/bundle-client.ts";
import { ROOT } from "../architecture/source.ts";
import { startServer, type TestServer } from "../support/server.ts";

const run = promisify(execFile);
const text = readFileSync(join(ROOT, "docs/client.md"), "utf8");
/** Each block of TypeScript, with the block of text right after it. */
const examples = [...text.matchAll(/^```ts\n(.*?)^```\n\n```text\n(.*?)^```\n/gms)].map(
  ([, source = "", printed = ""], index) => ({ file: `example-${index + 1}.ts`, source, printed }),
);

/** A project of somebody who has installed the package. */
const project = mkdtempSync(join(tmpdir(), "holdfast-package-"));
const packages = join(project, "node_modules");
let server: TestServer;

beforeAll(async () => {
  mkdirSync(join(packages, "@types"), { recursive: true });
  [server] = await Promise.all([startServer(), bundleClient(join(packages, "holdfast-client"))]);
  for (const name of ["zod", "@types/node", "undici-types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  for (const { file, source } of examples) writeFileSync(join(project, file), source);
});

afterAll(async () => {
  await server.close();
  rmSync(project, { recursive: true, force: true });
});

describe("the client as a package", () => {
  test("is one file that imports nothing, and small", () => {
    const code = readFileSync(join(packages, "holdfast-client", "index.js"), "utf8");

    expect(code).not.toMatch(/^import |\brequire\(|\bimport\(/m);
    expect(code.length).toBeLessThan(40_000);
  });

  test("has types that hold in a project of another", async () => {
    const options = { strict: true, module: "nodenext", target: "es2024", types: ["node"] };
    const settings = { compilerOptions: { ...options, noEmit: true }, include: ["*.ts"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");

    const said = await run(process.execPath, [compiler, "-p", project]).catch(
      (error: { stdout: string }) => error,
    );

    expect(said.stdout).toBe("");
  });

  test("has a command line", async () => {
    const cli = join(packages, "holdfast-client", "cli.js");
    const env = { ...process.env, HOLDFAST: server.url, HOLDFAST_API_KEY: server.keys.admin };

    const { stdout } = await run(cli, ["publish", join(ROOT, "examples/hello.json")], { env });

    expect(stdout).toBe("hello version 1\n");
  });

  test("has examples", () => {
    expect(examples.length).toBe(text.match(/^```ts$/gm)?.length);
    expect(examples.length).toBeGreaterThan(3);
  });

  test.each(examples)("prints what its page says: $file", async ({ file, printed }) => {
    const env = { ...process.env, HOLDFAST: server.url, HOLDFAST_API_KEY: server.keys.admin };

    const { stdout } = await run(process.execPath, [file], { cwd: project, env });

    expect(stdout).toBe(printed);
  });
});
